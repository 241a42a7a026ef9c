import { t } from "../texts";

export function RoomPage({ token }: { token: string }) {
  return <h1 data-token={token}>{t("room.loading")}</h1>;
}
