// Long lines of an operation go on below, as those of answers do: no panel is as wide as any line.
import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** Shows nothing; lets the operation's editor break what is longer than it is wide. */
export function BrokenLines() {
  const editor = useGraphiQL((state) => state.queryEditor);
  useEffect(() => {
    editor?.updateOptions({ wordWrap: "on", wrappingIndent: "indent" });
  }, [editor]);
  return null;
}
