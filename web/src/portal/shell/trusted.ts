// Nothing on these pages is made of HTML text. Mantine and React put style sheets in by that way, which hold
// no markup: that is all that passes where the browser knows Trusted Types.
interface Policies {
  createPolicy: (name: string, rules: { createHTML: (text: string) => string }) => unknown;
}

function styles(text: string): string {
  if (text.includes("<")) throw new TypeError("HTML is not written into this page");
  return text;
}

export function allowNoMarkup(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  trustedTypes?.createPolicy("default", { createHTML: styles });
}
