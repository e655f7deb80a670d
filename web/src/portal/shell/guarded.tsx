// What goes wrong on a page stays on it: the navigation remains, and the page can be tried again.
import { Component, type ReactNode, Suspense } from "react";
import { Unanswered } from "../parts/data/execute";
import { Failed, Waiting } from "../parts/page/states";

interface Given {
  children: ReactNode;
}

/** A part of an earlier build that the server no longer has is fetched by nobody: reload. */
function reasonOf(error: Error): Error {
  const isGone = error instanceof TypeError && error.message.includes("module");
  return isGone ? new Unanswered("outdated", error.message) : error;
}

export class Guarded extends Component<Given, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error: reasonOf(error) };
  }

  override render() {
    const { error } = this.state;
    if (error) return <Failed error={error} again={() => this.setState({ error: null })} />;
    return <Suspense fallback={<Waiting />}>{this.props.children}</Suspense>;
  }
}
