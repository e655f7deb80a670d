// Compiles catalogues: `texts/<language>.json` becomes a module of parsed ICU messages, so that the
// browser needs no parser.
import { parse } from "@formatjs/icu-messageformat-parser";
import { readFileSync } from "node:fs";

export const texts = {
  name: "texts",
  setup(build) {
    build.onLoad({ filter: /[\\/]texts[\\/]\w+\.json$/ }, ({ path }) => {
      const catalogue = JSON.parse(readFileSync(path, "utf-8"));
      const compiled = Object.entries(catalogue).map(([id, text]) => [id, parse(text)]);
      return { contents: JSON.stringify(Object.fromEntries(compiled)), loader: "json" };
    });
  },
};
