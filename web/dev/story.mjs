// The story of the concept (incident Q481) as the API would tell it, relative to the moment of the request.

const S = 1000;
const MIN = 60 * S;
const HOUR = 60 * MIN;

const iso = (ms) => new Date(ms).toISOString();

const trace = (source, says, age_s, used, asked, why_not = null, now = Date.now()) => ({
  source, says, at: iso(now - age_s * S), age_s, used, asked, why_not,
});

const OWN = "sam@example.org's stream";

function person(now, key, groups, availability, sinceMs, lines, extra = {}) {
  return {
    person: key, name: key, availability, since: sinceMs === null ? null : iso(now - sinceMs), trace: lines, until: null,
    reason: null, groups, addresses: [`xmpp:${key}@example.org`], activity: null, ...extra,
  };
}

export function people(now = Date.now()) {
  const six = new Date(now + 4 * HOUR);
  return [
    person(now, "raj", ["dba"], "available", 25 * MIN, [trace(OWN, "available", 1500, true, false)], { activity: "Q481", activity_state: "in" }),
    person(now, "kofi", ["dba"], "available", 3 * MIN,
      [trace(OWN, "available", 180, true, false), trace(OWN, "away", 3600, false, false, "older")], { activity: "Q481", activity_state: "asked" }),
    person(now, "nadia", ["legal"], "available", HOUR, [trace(OWN, "available", 8, true, true)]),
    person(now, "hugo", [], "away", 4 * HOUR, [trace(OWN, "away", 12, true, true)]),
    person(now, "vera", ["dba"], "busy", 2 * HOUR, [trace("said so", "busy", 7200, true, false)], { until: iso(six) }),
    person(now, "tom", ["legal"], "offline", 6 * HOUR, [trace(OWN, "offline", 8, true, true)]),
    person(now, "petra", ["dba"], "unknown", null, [trace(OWN, "no answer in 3 s", 9, false, true, "timeout")], { reason: "timeout" }),
  ];
}

/** Names as people have them: long, of both directions, of emoji, without a space, of one letter. */
const HARD = [
  "Wolfeschlegelsteinhausenbergerdorff-Maximilianović", "Maria del Carmen Fernández de la Vega Sanz y Ruiz", "נעמה בן־דוד",
  "محمد عبد الرحمن", "👩‍👩‍👧 Die Müllers", "🇳🇿", "李小龍", "é̂llie", "x", "kiosk.front-desk.building-7.north-wing",
];
const AVAILABILITIES = ["available", "away", "busy", "offline", "unknown"];

/** Two hundred people, first those with a hard name, in groups with long names. */
export function manyPeople(now = Date.now()) {
  const names = [...HARD, ...Array.from({ length: 190 }, (_, n) => `person${n + 1}`)];
  return names.map((name, n) => {
    const says = n < HARD.length ? "available" : AVAILABILITIES[n % AVAILABILITIES.length];
    const groups = n % 3 === 0 ? ["customer-success-emea", "night-shift"] : ["צוות"];
    return person(now, `p${n}`, groups, says, (n + 1) * MIN, [trace(OWN, says, n, true, n % 2 === 0)], { name });
  });
}

/** One activity that needs all of them. */
export function manyActivities(now = Date.now()) {
  const named = (n, state, extra = {}) => member(`p${n}`, state, { name: HARD[n] ?? `person${n - HARD.length + 1}`, ...extra });
  const key = (n) => `p${n}`;
  const until = { until: iso(now + 21 * S) };
  const hard = {
    ...base(now), id: "Q12001", state: "ringing", urgent: true, who: `${HARD[0]} and ${HARD[2]} and ${HARD[4]} and 2 of @customer-success-emea`,
    about: "تعطل قاعدة البيانات — Datenbankausfallbenachrichtigungssystemüberprüfungsbesprechung 🚨", deadline: iso(now + 9 * MIN),
    next: { at: iso(now + 21 * S), reason: `if ${HARD[2]} does not answer, somebody else is asked, or it waits.` },
    places: [...[0, 2, 4].map((n) => clause(HARD[n], 1, 0, [key(n)])), clause("2 of @customer-success-emea", 2, 0, [1, 3, 5, 6, 7, 8, 9].map(key))],
    people: [
      named(0, "accepted"), named(2, "sent", until), named(4, "sent", until), named(1, "sent", until), named(9, "sent", until),
      named(3, "declined"), named(7, "silent"), named(6, "silent"), named(8, "candidate", { availability: "unknown", reason: "unknown" }), named(5, "candidate"),
    ],
  };
  const all = [...Array(200).keys()];
  const everybody = {
    ...base(now), id: "Q12000", state: "waiting", who: "most of @everybody", about: "all hands", created: iso(now - HOUR),
    places: [clause("most of @everybody", 101, 3, all.map(key))],
    people: all.map((n) => named(n, n < 3 ? "accepted" : "candidate")),
  };
  return [hard, everybody];
}

const member = (key, state, extra = {}) => ({
  person: key, name: key, state, via: null, at: null, until: null, spare: false, availability: "available", reason: null, ...extra,
});

const clause = (text, need, taken, list, optional = false) => ({ clause: text, need, taken, people: list, optional });

const base = (now) => ({
  kind: "chat", about: null, organiser: "xmpp:sam@example.org", created: iso(now - 41 * S), deadline: null, room: null,
  reason: null, reason_text: null, next: null, urgent: false, when: "asap", organiser_name: "sam", organiser_person: "sam",
  organiser_state: "ready", live_at: null, ended_at: null, ring_s: 30, places: [], people: [],
  at: null, window: null, else: [], fell_back: null,
});

export function activities(now = Date.now()) {
  const ringing = {
    ...base(now), id: "Q481", state: "ringing", kind: "video", about: "orders DB down", urgent: true,
    who: "2 of @dba and (lena or omar)", deadline: iso(now - 41 * S + 10 * MIN),
    next: { at: iso(now + 21 * S), reason: "if kofi does not answer, it waits for the next DBA to become available." },
    places: [clause("2 of @dba", 2, 1, ["raj", "kofi", "ines", "hana", "petra"]), clause("lena or omar", 1, 1, ["omar", "lena"])],
    people: [
      member("raj", "accepted"), member("kofi", "sent", { until: iso(now + 21 * S) }), member("omar", "accepted"),
      member("ines", "declined"), member("lena", "silent"), member("hana", "silent"),
      member("petra", "candidate", { availability: "unknown", reason: "unknown" }),
    ],
  };
  const waiting = {
    ...base(now), id: "Q477", state: "waiting", about: "Q3 budget", who: "5 of @board and (chair or vice)",
    created: iso(now - 30 * HOUR), deadline: iso(now + 66 * HOUR),
    next: { at: null, reason: "asks everybody once, the moment two more of @board are available. Nobody has been asked yet." },
    places: [clause("5 of @board", 5, 0, ["anna", "bo", "ivo", "mo", "pia", "rex", "uma"]), clause("chair or vice", 1, 0, ["chair", "vice"])],
    people: [
      ...["anna", "bo", "ivo", "chair"].map((key) => member(key, "candidate")),
      ...["mo", "pia", "rex", "uma", "vice"].map((key) => member(key, "candidate", { availability: "away", reason: "away" })),
    ],
  };
  const live = {
    ...base(now), id: "Q480", state: "live", kind: "call", about: "storage question", who: "any of @presales", organiser_state: "here",
    created: iso(now - 94 * S), live_at: iso(now - 32 * S), room: { url: "/r/open" },
    places: [clause("any of @presales", 1, 1, ["ulli", "jan"])],
    people: [member("ulli", "here"), member("jan", "withdrawn", { reason: "covered" })],
  };
  const expired = {
    ...base(now), id: "Q476", state: "expired", about: "orders DB down", who: "2 of @dba", reason: "deadline",
    created: iso(now - 20 * MIN), deadline: iso(now - 10 * MIN), ended_at: iso(now - 10 * MIN),
    reason_text: "1 of 2 of @dba said yes by 02:24. ines declined, petra could not be asked. Everybody asked was told.",
    places: [clause("2 of @dba", 2, 1, ["raj", "ines"])], people: [member("raj", "accepted"), member("ines", "declined")],
  };
  const family = {
    ...base(now), id: "Q478", state: "waiting", kind: "video", about: "Sunday call", who: "mum, dad and any of @kids", when: "at",
    created: iso(now - 2 * HOUR), at: iso(now + 3 * HOUR), deadline: iso(now + 5 * HOUR), reason: "not-yet", reason_text: "It begins later.",
    next: { at: iso(now + 3 * HOUR), reason: "it begins: everybody needed is asked, the moment it can work." },
    window: { start: "18:00", end: "20:30", days: [5, 6], zone: "Pacific/Auckland", text: "on weekends between 18:00 and 20:30" },
    else: [{ who: "mum and any of @kids", within_s: 7200, before: null }],
    places: [clause("mum", 1, 0, ["mum"]), clause("dad", 1, 0, ["dad"]), clause("any of @kids", 1, 0, ["leo", "mia"])],
    people: [
      member("mum", "candidate"), member("dad", "candidate", { reason: "quiet", until: iso(now + HOUR) }),
      member("leo", "candidate"), member("mia", "declined", { reason: "conflict" }),
    ],
  };
  const spare = {
    ...base(now), id: "Q479", state: "ringing", about: "cutover", who: "2 of @dba", urgent: true, deadline: iso(now + 4 * MIN),
    created: iso(now - 12 * MIN), next: { at: iso(now + 17 * S), reason: "if raj does not answer, somebody else is asked, or it waits." },
    fell_back: { at: iso(now - MIN), who: "raj and kofi" },
    places: [clause("2 of @dba", 2, 0, ["raj", "kofi", "hana"])],
    people: [
      member("raj", "sent", { until: iso(now + 17 * S) }), member("kofi", "sent", { until: iso(now + 17 * S) }),
      member("hana", "sent", { until: iso(now + 17 * S), spare: true }),
    ],
  };
  return [ringing, waiting, live, expired, family, spare];
}

export const streams = (now = Date.now()) => [
  stream("1", "xmpp:sam@example.org", "live", "Gajim", 42, now - 192 * MIN),
  stream("2", "xmpp:sam@chat.example.net", "frozen", "Gajim", 0, now - 5 * S, "login not finished"),
  stream("3", "xmpp:sam@old.example.com", "blind", "", 0, now - 60 * MIN, "compressed stream"),
];

const stream = (id, account, state, client, contacts, since, text = null) => ({
  id, account, network: "xmpp", mode: "listener", client, server: "example.org", state, since: iso(since), contacts,
  companion: state === "live", reason: text && "too-early", reason_text: text,
});

export const me = () => ({ accounts: ["xmpp:sam@example.org"], name: "sam", availability: "available", until: null });

export const asks = (now = Date.now()) => [
  {
    id: "Q77-1", activity: "Q77", organiser_name: "mia", about: "storage question, customer waiting", kind: "call", state: "asked",
    at: iso(now - 4 * S), until: iso(now + 26 * S), needed: "any one of @presales is enough", answered_elsewhere: false, room: null,
  },
];

const client = (title, extra) => ({
  name: title.toLowerCase(), title, network: "xmpp", pid: null, installed: true, tls: null, mode: null, way: "none",
  command: null, why: "", one_click: false, ...extra,
});

export const clients = () => [
  client("Dino", { pid: 4711, tls: "GnuTLS", mode: "attach", why: "Captured: attach." }),
  client("Gajim", { pid: 4242, tls: "GnuTLS", way: "attach", command: "quorate attach 4242", one_click: true, why: "It goes on running; nothing in it is set or restarted." }),
  client("Psi", { pid: 812, tls: "OpenSSL", way: "run", command: "quorate run -- psi", why: "Psi (process 812) is being traced by process 99 (a debugger, strace). Close it and start it so." }),
  client("irssi", { pid: 640, tls: "OpenSSL", network: "irc", why: "irssi speaks IRC, which Quorate does not read yet." }),
  client("profanity", { tls: "OpenSSL", way: "run", command: "quorate run -- profanity", why: "Nothing in it is set; it is read from its first byte on." }),
];

export const connection = () => ({
  im_host: "127.0.0.1", im_port: 5221, ca_path: "/home/sam/.local/share/quorate/ca.pem", routes: ["example.org=203.0.113.5:5222"],
  streams: 1, version: "0.1.0",
});

export const doctor = () => [
  { name: "listener", ok: true, says: "listens on 127.0.0.1:5221", remedy: null },
  { name: "ca", ok: false, says: "is not trusted on this machine.", remedy: "Run quorate ca --install." },
];

export function check({ who }) {
  if (who.includes("@leagl")) return { column: who.indexOf("@leagl") + 1 };
  if (/p0/.test(who)) return verdict("yes", [HARD[0]], [], HARD.slice(1), 10, 10);
  if (/petra/.test(who)) return verdict("unknown", [], ["petra: unknown"], [], 0, 1, [{ path: "1", text: "petra", says: "unknown", why: "no answer" }]);
  if (/@dba/.test(who)) return verdict("no", [], ["1 of @dba is missing: kofi is away, vera busy until 06:00"], [], 1, 4);
  return verdict("yes", ["nadia"], [], ["ruth"], 2, 4);
}

const verdict = (word, ring, missing, then, candidates, of, lines = []) => ({ verdict: word, ring, missing, trace: lines, then, candidates, of });

export function explanation(now = Date.now()) {
  const at = (s) => iso(now - 94 * S + s * S);
  const line = (s, what, text) => ({ at: at(s), what, text, people: [], reason: null });
  const node = (text, mark, says, children = [], lines = []) => ({ text, mark, says, children, trace: lines });
  return {
    id: "Q481",
    lines: ["Q481 is ringing.", "ines declined; lena no answer in 30 s, omar instead."],
    next: null,
    log: [
      line(0, "created", "You asked for 2 of @dba and (lena or omar)"),
      line(0, "rang", "Rang raj, ines, lena, and hana as a spare"),
      line(9, "accepted", "raj said yes"),
      line(14, "declined", "ines said no"),
      line(30, "silent", "lena and hana did not answer in 30 s"),
      line(31, "rang", "Rang omar instead of lena, and kofi"),
      line(40, "accepted", "omar said yes"),
      line(61, "not-done", "petra cannot be asked now"),
    ],
    why: node("2 of @dba and (lena or omar)", "unknown", "one more is needed", [
      node("2 of @dba", "unknown", "1 of 2", [
        node("raj", "met", "said yes"),
        node("kofi", "unknown", "being asked", [], [trace(OWN, "available", 180, true, false), trace(OWN, "away", 3600, false, false, "older")]),
        node("ines", "not", "said no"),
        node("hana", "not-needed", "no answer in 30 s"),
      ]),
      node("lena or omar", "met", "met by omar", [node("lena", "not-needed", "no answer in 30 s"), node("omar", "met", "said yes")]),
    ]),
  };
}

const guest = (name, role = "", extra = {}) => ({ name, role, you: false, here: true, ...extra });

/** Views by the token's name: waiting, open, late, ended, expired, revoked, withdrawn. */
export function room(token, now = Date.now()) {
  const view = {
    type: "view", state: token, about: "orders DB down", kind: "video", organiser: "sam", you: "raj", is_organiser: false, you_said: "yes",
    activity: null, asked_at: iso(now - 60 * S), created: iso(now - 41 * S), opened_at: null, opened_with: [], ended_at: null,
    deadline: iso(now + 559 * S), here: [], clauses: [], in_count: 3, need: 4, ring_s: 30, covered_by: null, covered_at: null,
    not_coming: [], chat: [], server_time: iso(now),
  };
  const away = { here: false };
  const clauses = [
    { clause: "2 DBAs", need: 2, taken: 1, people: [guest("raj", "", { you: true, ...away })], asking: 1, until: iso(now + 21 * S) },
    { clause: "lena or omar", need: 1, taken: 1, people: [guest("omar", "", away)], asking: 0, until: null },
  ];
  const here = [guest("sam", "asked"), guest("raj", "DBA"), guest("kofi", "DBA"), guest("omar", "for you")];
  switch (token) {
    case "waiting":
      return { ...view, clauses };
    case "late":
      return { ...view, you: "lena", you_said: null, here, in_count: 4, covered_by: "omar", covered_at: iso(now - 20 * S) };
    case "open":
      return {
        ...view, you: "sam", is_organiser: true, activity: "Q481", in_count: 4, created: iso(now - 170 * S), opened_at: iso(now - 108 * S),
        opened_with: ["sam", "raj", "kofi", "omar"],
        clauses: [{ ...clauses[0], taken: 2, asking: 0, people: [guest("raj"), guest("kofi")] }, clauses[1]],
        here: [guest("sam", "asked for this", { you: true }), guest("raj", "@dba"), guest("kofi", "@dba"), guest("omar", "instead of lena")],
        not_coming: ["ines said no.", "hana was told “covered”."],
        chat: chat(now),
      };
    case "ended":
    case "expired":
    case "revoked":
    case "withdrawn":
      return { ...view, ended_at: iso(now - 5 * MIN) };
    default:
      return null;
  }
}

function chat(now) {
  const line = (id, ago, name, text, only_you = false) => ({ type: "line", id, at: iso(now - ago * S), name, you: name === "sam", text, only_you });
  return [
    line(1, 100, "sam", "orders-db primary stopped taking writes at 02:09. Replica lag is 40 s."),
    line(2, 80, "raj", "I see it. WAL volume is full, 100 %. Not touching anything yet."),
    line(3, 60, "kofi", "I can fail over to the replica in about 3 minutes. Omar, say go?"),
    line(4, 50, null, "lena answered late and was asked: join anyway?", true),
    line(5, 40, "omar", "Customers see errors at checkout. Go."),
  ];
}
