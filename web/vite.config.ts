import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The server serves index.html for its own routes, room.html for /r/*, and assets/ as files.
export default defineConfig({
  plugins: [react()],
  publicDir: false,
  build: {
    outDir: "../src/quorate/server/static",
    emptyOutDir: true,
    // The page's policy allows no data: address, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: "index.html", room: "room.html" } },
  },
});
