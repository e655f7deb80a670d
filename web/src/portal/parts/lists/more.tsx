// The end of a list that grows: more comes when it is scrolled to, or when its button is pressed.
import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useWords } from "../words/words";
import look from "./list.module.css";

interface Given {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
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
