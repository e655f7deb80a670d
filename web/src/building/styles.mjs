// `import "every-style"`: the styles of all parts and pages. A page that is fetched later needs no sheet of its
// own then, and no style comes before one that it is to change: parts, what stands around pages, pages.
import { readdirSync } from "node:fs";
import { join } from "node:path";

const ORDER = ["parts", "shell", "pages"];

export const styles = {
  name: "styles",
  setup(build) {
    build.onResolve({ filter: /^every-style$/ }, () => ({ path: "every-style", namespace: "styles" }));
    build.onLoad({ filter: /.*/, namespace: "styles" }, () => {
      const resolveDir = join(build.initialOptions.absWorkingDir, "src", "portal");
      const sheets = ORDER.flatMap((floor) =>
        readdirSync(join(resolveDir, floor), { recursive: true })
          .filter((name) => name.endsWith(".module.css"))
          .sort()
          .map((name) => `import "./${floor}/${name.replaceAll("\\", "/")}";`),
      );
      return { contents: sheets.join("\n"), resolveDir };
    });
  },
};
