// Mantine as we want it: our tokens, our ink for what is primary.
import {
  createTheme,
  type CSSVariablesResolver,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

const ink: MantineColorsTuple = [
  "#f6f5f2", "#ebe8e3", "#d6d2ca", "#b9b3a9", "#8c877f", "#6e6860", "#5c5750", "#3a3733", "#292724", "#1b1a19",
];

/** What is primary is ink on both grounds. */
const inked: VariantColorsResolver = (input) => {
  if (input.variant !== "filled") return defaultVariantColorsResolver(input);
  return { background: "var(--ink)", hover: "var(--calm)", color: "var(--card)", border: "none" };
};

export const theme = createTheme({
  colors: { ink },
  primaryColor: "ink",
  primaryShade: { light: 9, dark: 1 },
  variantColorResolver: inked,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', sans-serif",
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
});

const OURS = {
  "--mantine-color-body": "var(--card)",
  "--mantine-color-text": "var(--ink)",
  "--mantine-color-dimmed": "var(--ink-soft)",
  "--mantine-color-placeholder": "var(--ink-soft)",
  "--mantine-color-default": "var(--card)",
  "--mantine-color-default-hover": "var(--hover)",
  "--mantine-color-default-color": "var(--ink)",
  "--mantine-color-default-border": "var(--line-strong)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-color-anchor": "var(--ink)",
};

export const variables: CSSVariablesResolver = () => ({ variables: {}, light: OURS, dark: OURS });
