// GraphiQL keeps headers per tab; a token belongs to the person, so every tab gets what was typed last.
import { useGraphiQL } from "@graphiql/react";
import { useEffect, useRef } from "react";

const TYPING_PAUSE_MS = 400;

function tokenIn(headers) {
  return /"Bearer\s+([^\s"]+)"/.exec(headers)?.[1] ?? "";
}

/** Shows nothing; carries the headers from tab to tab and tells `onToken` the token, "" for none. */
export function SharedHeaders({ onToken }) {
  const { editor, tabId } = useGraphiQL((state) => ({
    editor: state.headerEditor,
    tabId: state.tabs[state.activeTabIndex].id,
  }));
  const headers = useRef("");
  useEffect(() => {
    if (!editor) return undefined;
    let timer;
    const read = () => {
      headers.current = editor.getValue();
      return tokenIn(headers.current);
    };
    onToken(read());
    const listener = editor.onDidChangeModelContent(({ isFlush }) => {
      // A flush is GraphiQL filling in a tab's own headers; everything else was typed or pasted.
      if (isFlush) return;
      const token = read();
      clearTimeout(timer);
      timer = setTimeout(() => onToken(token), TYPING_PAUSE_MS);
    });
    return () => {
      clearTimeout(timer);
      listener.dispose();
    };
  }, [editor, onToken]);
  useEffect(() => {
    if (editor && editor.getValue() !== headers.current) editor.setValue(headers.current);
  }, [editor, tabId]);
  return null;
}
