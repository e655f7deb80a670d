// Bundles the GraphiQL page into a folder.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

export async function graphiql(folder) {
  await build({
    entryPoints: {
      main: "src/graphiql/main.jsx",
      icon: "src/graphiql/icon.svg",
      "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
      "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
      "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    jsx: "automatic",
    target: "es2022",
    // GraphiQL imports these two by their old CommonJS names, whose exports an ESM bundle cannot see:
    // its Prettify button fails with "Couldn't resolve parser" (graphql/graphiql issue 4092).
    alias: {
      "prettier/parser-babel": "prettier/plugins/babel",
      "prettier/parser-graphql": "prettier/plugins/graphql",
    },
    loader: { ".svg": "copy", ".ttf": "empty" },
    logLevel: "warning",
  });
  // Monaco's modules bring their styles a second time; GraphiQL's style sheet in main.css has them.
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".css") && name !== "main.css") rmSync(join(folder, name));
  }
}
