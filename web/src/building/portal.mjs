// Bundles the portal: its page, its assets, and the documents that it may send.
import { build } from "esbuild";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { documents } from "./documents.mjs";
import { styles } from "./styles.mjs";
import { texts } from "./texts.mjs";

const ASSETS = "/portal/assets";

const page = ({ script, style, icon, soon }) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Abruf</title>
    <link rel="icon" href="${ASSETS}/${icon}">
    <link rel="stylesheet" href="${ASSETS}/${style}">
${soon.map((name) => `    <link rel="modulepreload" href="${ASSETS}/${name}">`).join("\n")}
    <script type="module" nonce="{{nonce}}" src="${ASSETS}/${script}"></script>
  </head>
  <body>
    <div id="portal"><noscript>This page needs JavaScript.</noscript></div>
  </body>
</html>
`;

export async function portal(folder) {
  const names = await documents();
  const { metafile } = await build({
    entryPoints: { main: "src/portal/main.tsx", icon: "src/graphiql/icon.svg" },
    absWorkingDir: process.cwd(),
    outdir: join(folder, "portal", "assets"),
    entryNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: "esm",
    jsx: "automatic",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    alias: { "@formatjs/icu-messageformat-parser": "@formatjs/icu-messageformat-parser/no-parser.js" },
    loader: { ".svg": "copy" },
    plugins: [texts, styles],
    logLevel: "warning",
  });
  const made = new Map(Object.entries(metafile.outputs).map(([path, it]) => [basename(path), it]));
  const called = (pattern) => [...made.keys()].find((name) => pattern.test(name));
  const app = called(/^app-.*\.js$/);
  const [style, icon] = [called(/^main-.*\.css$/), called(/^icon-.*\.svg$/)];
  const html = page({ script: called(/^main-.*\.js$/), style, icon, soon: [app, ...needed(made.get(app))] });
  // Pages that are fetched later have their styles in the main sheet already.
  for (const name of made.keys()) {
    if (name.endsWith(".css") && name !== style) rmSync(join(folder, "portal", "assets", name));
  }
  mkdirSync(join(folder, "portal"), { recursive: true });
  writeFileSync(join(folder, "portal", "index.html"), html);
  writeFileSync(join(folder, "documents.json"), JSON.stringify(names, null, 1));
}

/** What a module cannot begin without. */
function needed({ imports }) {
  return imports.filter((it) => it.kind === "import-statement").map((it) => basename(it.path));
}
