import { CSPProvider } from "@base-ui/react/csp-provider";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { StoreContext } from "./live/hooks";
import { Store } from "./live/store";
import "./styles/tokens.css";
import "./styles/base.css";
import { Catch } from "./ui/Catch";

const store = new Store();
store.start();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Catch>
        <CSPProvider disableStyleElements>
          <StoreContext value={store}>
            <App />
          </StoreContext>
        </CSPProvider>
      </Catch>
    </StrictMode>,
  );
}
