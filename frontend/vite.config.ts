import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const platform = process.env.PLATFORM_URL ?? "http://127.0.0.1:8000";
/** As if the page had come from the platform: it refuses writes from any other origin. */
const proxied = { target: platform, changeOrigin: true, headers: { origin: platform } };

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": "/src" } },
  build: { assetsInlineLimit: 0 }, // the policy refuses data: addresses
  // `npm run dev` beside a running `./countersign up`: pages from Vite, everything else from the platform.
  server: { proxy: { "/api": proxied, "/_allauth": proxied } },
});
