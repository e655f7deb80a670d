// Makes TypeScript of the portal's operations, and the list of their texts by name. Run alone
// (`node src/building/documents.mjs`) it writes what the type checker needs.
import { codegen } from "@graphql-codegen/core";
import { preset } from "@graphql-codegen/client-preset";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "graphql";

const WEB = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const PORTAL = join(WEB, "src", "portal");
const SCHEMA = join(WEB, "..", "schema.graphql");
const TEXT = "string";
// The map of all documents that no bundler shakes, and the index that exports it.
const UNUSED = /(gql|index)\.ts$/;

const config = {
  scalars: {
    Decimal: TEXT,
    DateTime: TEXT,
    Date: TEXT,
    Country: TEXT,
    Currency: TEXT,
    JSON: "unknown",
  },
  strictScalars: true,
  enumsAsTypes: true,
  skipTypename: true,
  useTypeImports: true,
  dedupeFragments: true,
};

/** Writes `generated/` and returns name -> text of each operation. */
export async function documents() {
  const all = readdirSync(PORTAL, { recursive: true });
  const files = all.filter((name) => name.endsWith(".graphql")).sort();
  const sources = files.map((location) => {
    const rawSDL = readFileSync(join(PORTAL, location), "utf-8");
    return { location, rawSDL, document: parse(rawSDL) };
  });
  const outputs = await preset.buildGeneratesSection({
    baseOutputDir: "generated/",
    schema: parse(readFileSync(SCHEMA, "utf-8")),
    documents: sources,
    config,
    presetConfig: {
      fragmentMasking: { unmaskFunctionName: "read" },
      persistedDocuments: { mode: "replaceDocumentWithHash", hashAlgorithm: "sha256" },
    },
    plugins: [],
    pluginMap: {},
  });
  mkdirSync(join(PORTAL, "generated"), { recursive: true });
  let texts = {};
  for (const output of outputs) {
    const text = await codegen(output);
    if (output.filename.endsWith("persisted-documents.json")) texts = JSON.parse(text);
    else if (!UNUSED.test(output.filename)) writeFileSync(join(PORTAL, output.filename), text);
  }
  return texts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await documents();
