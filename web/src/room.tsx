import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/base.css";
import { Catch } from "./ui/Catch";
import { RoomPage } from "./room/RoomPage";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Catch>
        <RoomPage token={location.pathname.split("/")[2] ?? ""} />
      </Catch>
    </StrictMode>,
  );
}
