// Where the portal starts: what a browser lacks first, then the page in the reader's language.
import "./parts/look/mantine";
import "./parts/look/tokens.css";
import "every-style";
import { allowNoMarkup } from "./shell/trusted";

allowNoMarkup();
if (!("Temporal" in globalThis)) await import("temporal-polyfill/global");
const { start } = await import("./shell/app");
await start();
