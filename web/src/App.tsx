import { useKeys } from "./keys/useKeys";
import { ActivityPage } from "./pages/ActivityPage";
import { ConnectPage } from "./pages/ConnectPage";
import { HistoryPage } from "./pages/HistoryPage";
import { Link } from "./pages/Link";
import { NowPage } from "./pages/NowPage";
import { PeoplePage } from "./pages/PeoplePage";
import { route, usePath } from "./pages/router";
import { Shell } from "./pages/Shell";
import { t } from "./texts";

export function App() {
  useKeys();
  const here = route(usePath());
  switch (here.page) {
    case "now":
      return <NowPage />;
    case "people":
      return <PeoplePage />;
    case "streams":
      return <ConnectPage />;
    case "history":
      return <HistoryPage />;
    case "activity":
      return <ActivityPage key={here.id} id={here.id} />;
    case "nowhere":
      return (
        <Shell current="">
          <h1>{t("not-found")}</h1>
          <p>
            <Link to="/">{t("nav.now")}</Link>
          </p>
        </Shell>
      );
  }
}
