// Rows out of a spreadsheet: pasted into any field, or into a field of their own.
import { Button, Textarea } from "@mantine/core";
import { useId, useState } from "react";
import { T, useWords } from "../../../parts/words/words";
import look from "./calloff.module.css";

export function Pasting({ take }: { take: (text: string) => void }) {
  const { t } = useWords();
  const [text, type] = useState("");
  return (
    <details className={look.pasting}>
      <summary>
        <T id="callOff.paste" />
      </summary>
      <Textarea
        id={useId()}
        label={t("callOff.pasteLabel")}
        description={t("callOff.pasteHint")}
        value={text}
        rows={4}
        onChange={(it) => type(it.currentTarget.value)}
        classNames={{ input: look.pasted ?? "" }}
      />
      <Button
        variant="default"
        disabled={text.trim() === ""}
        onClick={() => {
          take(text);
          type("");
        }}
      >
        {t("callOff.take")}
      </Button>
    </details>
  );
}
