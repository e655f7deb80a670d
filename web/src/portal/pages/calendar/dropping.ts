// A day as a place to which deliveries are dragged.
import { type DragEvent, useState } from "react";
import { DRAGGED } from "./chip";

/** What an element wears so that a delivery can be dropped on it, and whether one is above it. */
export function useDropping(drop: (id: string) => void) {
  const [isAbove, set] = useState(false);
  const isOurs = (it: DragEvent) => it.dataTransfer.types.includes(DRAGGED);
  const worn = {
    onDragOver: (it: DragEvent) => {
      if (!isOurs(it)) return;
      it.preventDefault();
      set(true);
    },
    onDragLeave: () => set(false),
    onDrop: (it: DragEvent) => {
      it.preventDefault();
      set(false);
      drop(it.dataTransfer.getData(DRAGGED));
    },
  };
  return { worn, isAbove };
}
