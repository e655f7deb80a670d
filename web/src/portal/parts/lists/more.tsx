// The end of a list that grows: more comes when it is scrolled to, or when its button is pressed.
import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { type Total, useFigures } from "../figures/figures";
import { useWords } from "../words/words";
import look from "./list.module.css";

interface Given {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Asks for more only when its button is pressed: below a list, on a page with other things. */
export function MoreByHand({ shown, total, ...pages }: Given & { shown: number; total: Total | null }) {
  const { t } = useWords();
  const { counted, number } = useFigures();
  if (!pages.hasNextPage) return null;
  return (
    <div className={look.more}>
      {total && <span className={look.soft}>{t("list.shown", { shown: number(String(shown)), total: counted(total) })}</span>}
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
        {t("list.more")}
      </Button>
    </div>
  );
}

export function More({ hasNextPage, isFetchingNextPage, fetchNextPage }: Given) {
  const { t } = useWords();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const seen = new IntersectionObserver(([it]) => it?.isIntersecting && fetchNextPage(), { rootMargin: "400px" });
    if (end.current) seen.observe(end.current);
    return () => seen.disconnect();
  }, [fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={end} className={look.more}>
      <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
        {t("list.more")}
      </Button>
    </div>
  );
}
