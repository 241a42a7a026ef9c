import { Component, type ReactNode } from "react";
import { t } from "../texts";
import { Button } from "./Button";

/** A fault of the page itself becomes a sentence with a way on, never an empty window. */
export class Catch extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="inner stack-s">
        <h1>{t("error.unexpected")}</h1>
        <p>
          <Button onClick={() => location.reload()}>{t("error.reload")}</Button>
        </p>
      </main>
    );
  }
}
