// Bundles GraphiQL and the portal into the folder given as the only argument; each text also as .gz.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { graphiql } from "./src/building/graphiql.mjs";
import { portal } from "./src/building/portal.mjs";

const folder = process.argv[2];

await graphiql(folder);
await portal(folder);

for (const name of readdirSync(folder, { recursive: true })) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const path = join(folder, name);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
}
