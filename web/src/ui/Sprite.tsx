/** The drawn signs, once per page: strokes on a field of 24 px, referred to by `Icon`. */

import type { ReactNode } from "react";

const SIGNS = {
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  x: <path d="m6.5 6.5 11 11m0-11-11 11" />,
  question: <path d="M8.5 9.2a3.6 3.6 0 1 1 5.3 3.2c-1.2.7-1.8 1.3-1.8 2.6m0 3.2v.1" />,
  bell: <path d="M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7v5.3l3.3 2" />
    </>
  ),
  dash: <path d="M6.5 12h11" />,
  door: <path d="M6 20.5v-17h9.5v17M3.5 20.5h17M12.3 12v.1" />,
  video: (
    <>
      <rect x="3" y="6.5" width="12" height="11" rx="2.5" />
      <path d="m15 11 6-3.2v8.4L15 13" />
    </>
  ),
  phone: (
    <path d="M5 4h4l1.7 4.3-2.2 1.6a11 11 0 0 0 5.6 5.6l1.6-2.2L20 15v4a1.5 1.5 0 0 1-1.5 1.5A15 15 0 0 1 3.5 5.5 1.5 1.5 0 0 1 5 4z" />
  ),
  chat: <path d="M4 5.5h16v11H11L6.5 20v-3.5H4z" />,
  board: (
    <>
      <rect x="3.5" y="4.5" width="17" height="12" rx="1.5" />
      <path d="M12 16.5v4m-4 0h8M7.5 12l3-3 2.5 2 3.5-3.5" />
    </>
  ),
  file: <path d="M6 3.5h8.500L19 8v12.5H6zM14 3.5v5h5m-10 6 2 2 4-4" />,
  pulse: <path d="M3 12h4l2.5-6L14 18l2.5-6H21" />,
  snow: <path d="M12 3v18M4.2 7.5l15.6 9m0-9-15.6 9M9.5 4.5 12 7l2.5-2.5m-5 15L12 17l2.5 2.5" />,
  blind: <path d="M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM4 20 20 4" />,
  copy: (
    <>
      <rect x="8.5" y="8.5" width="11" height="11" rx="2" />
      <path d="M15.5 8.5v-4h-11v11h4" />
    </>
  ),
  plug: <path d="M9 3.5V8m6-4.5V8M6.5 8h11v3.500a5.5 5.5 0 0 1-11 0zM12 17v3.5" />,
  play: <path d="M7.5 5v14l11-7z" />,
  hook: (
    <path d="M13.5 7.5 16 5a3.5 3.5 0 0 1 5 5l-4 4a3.5 3.5 0 0 1-5 0m-1.5 2.500L8 19a3.5 3.5 0 0 1-5-5l4-4a3.5 3.5 0 0 1 5 0" />
  ),
  people: (
    <>
      <circle cx="9" cy="8.5" r="3.5" />
      <path d="M2.5 19.5a6.5 6.5 0 0 1 13 0M16 5.3a3.5 3.5 0 0 1 0 6.4m2 2.6a6.5 6.5 0 0 1 3.5 5.2" />
    </>
  ),
  send: <path d="M4 12 20 4l-5 16-3.5-6.5z" />,
  back: <path d="M14.5 5.5 8 12l6.5 6.5" />,
  down: <path d="m6 9.5 6 6 6-6" />,
  now: (
    <>
      <circle cx="12" cy="12" r="3" />
      <circle cx="12" cy="12" r="8.5" strokeDasharray="3.5 3.2" />
    </>
  ),
  available: (
    <>
      <circle cx="12" cy="12" r="8" fill="currentColor" stroke="none" />
      <path d="m8.3 12.3 2.5 2.5 4.9-5.3" stroke="var(--surface)" strokeWidth="2.2" />
    </>
  ),
  away: <path d="M15.5 4.5a8.2 8.2 0 1 0 4.6 10.8 7.2 7.2 0 0 1-4.6-10.800z" fill="currentColor" stroke="none" />,
  busy: (
    <>
      <circle cx="12" cy="12" r="8" fill="currentColor" stroke="none" />
      <path d="M8 12h8" stroke="var(--surface)" strokeWidth="2.6" />
    </>
  ),
  offline: <circle cx="12" cy="12" r="7" strokeWidth="2.2" />,
  unknown: (
    <>
      <circle cx="12" cy="12" r="8" strokeWidth="1.6" strokeDasharray="2.5 2.55" />
      <path d="M10 10.3a2.1 2.1 0 1 1 3.1 1.9c-.8.4-1.1.8-1.1 1.6m0 2.1v.1" strokeWidth="1.7" />
    </>
  ),
  logo: (
    <>
      <path d="M12 2.8a9.2 9.2 0 1 0 6.5 15.7" strokeWidth="2" />
      <circle cx="8.3" cy="12" r="2.1" fill="currentColor" stroke="none" />
      <circle cx="14.3" cy="9" r="2.1" fill="currentColor" stroke="none" />
      <circle cx="14.3" cy="15" r="2.1" strokeWidth="1.6" />
      <path d="m18.5 18.5 2.7 2.7" strokeWidth="2" />
    </>
  ),
} satisfies Record<string, ReactNode>;

export type Sign = keyof typeof SIGNS;

export function Sprite() {
  return (
    <svg width="0" height="0" aria-hidden="true" focusable="false" className="vh">
      <defs>
        {Object.entries(SIGNS).map(([name, drawing]) => (
          <symbol key={name} id={`sign-${name}`} viewBox="0 0 24 24">
            {drawing}
          </symbol>
        ))}
      </defs>
    </svg>
  );
}
