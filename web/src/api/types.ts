// Generated from the OpenAPI document by `npm run types`; do not edit.
export interface paths {
    "/api/v1/activities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Activities
         * @description Newest first: those not over, and the recent ended ones.
         */
        get: operations["activities_api_v1_activities_get"];
        put?: never;
        /**
         * Start
         * @description Who is needed, and for what. Refused at once, and nobody messaged, if it makes no sense.
         */
        post: operations["start_api_v1_activities_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activities/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Activity */
        get: operations["activity_api_v1_activities__id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activities/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel
         * @description Call it off; a live one ends. Everybody who was asked is told.
         */
        post: operations["cancel_api_v1_activities__id__cancel_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activities/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain
         * @description Why, or why not: sentences, the requirement with its evidence, the time line, the next step.
         */
        get: operations["explain_api_v1_activities__id__explain_get"];
        put?: never;
        /**
         * Explain Again
         * @description The same as GET.
         */
        post: operations["explain_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activities/{id}/extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Extend
         * @description Move the deadline; what has none cannot be extended.
         */
        post: operations["extend_api_v1_activities__id__extend_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activities/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke
         * @description End one person's room link at once; a link sent to them later is another one.
         */
        post: operations["revoke_api_v1_activities__id__revoke_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activities/{id}/take": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take
         * @description Take somebody who said that they can later at their word, now.
         */
        post: operations["take_api_v1_activities__id__take_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/asks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Asks
         * @description Who asks the owner, newest first.
         */
        get: operations["asks_api_v1_asks_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/asks/{invitation}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer
         * @description The same as writing the answer in a client.
         */
        post: operations["answer_api_v1_asks__invitation__answer_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check
         * @description What would happen if this were asked now; nobody is asked.
         */
        post: operations["check_api_v1_check_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Clients
         * @description Running ones first; looked for anew each time.
         */
        get: operations["clients_api_v1_clients_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clients/{pid}/attach": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Attach
         * @description Attach to a running client, as `quorate attach PID` does; only to one that the list offers it for.
         */
        post: operations["attach_api_v1_clients__pid__attach_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Connection
         * @description Where an IM client connects to, for the connect panel.
         */
        get: operations["connection_api_v1_connection_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Doctor
         * @description What is missing for a client to connect and be read.
         */
        get: operations["doctor_api_v1_doctor_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/down": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Down
         * @description End the agent and the server; activities go on at the next start.
         */
        post: operations["down_api_v1_down_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enter-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enter Key
         * @description A link that lets one browser in, once, within ten minutes.
         */
        post: operations["enter_key_api_v1_enter_keys_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events
         * @description activity, person, stream, ask, me (data: the whole thing), hello, heartbeat (data: now), gap.
         */
        get: operations["events_api_v1_events_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Me */
        get: operations["me_api_v1_me_get"];
        put?: never;
        /**
         * Say
         * @description ``me busy until 14:00``: counts above everything a client says.
         */
        post: operations["say_api_v1_me_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * People
         * @description Everybody Quorate knows, as it knows them now; nobody is asked. ``state`` keeps one availability.
         */
        get: operations["people_api_v1_people_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Presence
         * @description Verdicts about the people ``who`` names; whom the streams do not mention is asked first.
         */
        get: operations["presence_api_v1_presence_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/presence/ask": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask Again
         * @description Ask again by hand, whatever is known already.
         */
        post: operations["ask_again_api_v1_presence_ask_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rooms/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Room
         * @description What the holder of this link may see. Works without an account.
         */
        get: operations["room_api_v1_rooms__token__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rooms/{token}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer
         * @description Come (also late), not after all, or never be asked by this organiser again.
         */
        post: operations["answer_api_v1_rooms__token__answer_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams */
        get: operations["streams_api_v1_streams_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Healthz
         * @description The process answers.
         */
        get: operations["healthz_healthz_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description Prometheus text format; scrape it with the bearer token.
         */
        get: operations["metrics_metrics_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Readyz
         * @description Per part. Not ready is answered with 503.
         */
        get: operations["readyz_readyz_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Activity */
        Activity: {
            /** About */
            about: string | null;
            /** At */
            at?: string | null;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /** Deadline */
            deadline: string | null;
            /**
             * Else
             * @default []
             */
            else: components["schemas"]["Instead"][];
            /** Ended At */
            ended_at?: string | null;
            fell_back?: components["schemas"]["FellBack"] | null;
            /** Id */
            id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "chat" | "call" | "video" | "board" | "review" | "link";
            /** Live At */
            live_at?: string | null;
            next?: components["schemas"]["Next"] | null;
            /** Organiser */
            organiser: string;
            /**
             * Organiser Name
             * @default
             */
            organiser_name: string;
            /**
             * Organiser Person
             * @default
             */
            organiser_person: string;
            /**
             * Organiser State
             * @default ready
             * @enum {string}
             */
            organiser_state: "ready" | "away" | "here" | "left" | "not-taking-part";
            /** People */
            people: components["schemas"]["ActivityPerson"][];
            /**
             * Places
             * @default []
             */
            places: components["schemas"]["Clause"][];
            /** Reason */
            reason: string | null;
            /** Reason Text */
            reason_text?: string | null;
            /**
             * Ring S
             * @default 30
             */
            ring_s: number;
            room: components["schemas"]["Room"] | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "ringing" | "live" | "ended" | "expired" | "cancelled" | "failed";
            /**
             * Urgent
             * @default false
             */
            urgent: boolean;
            /**
             * When
             * @default asap
             * @enum {string}
             */
            when: "now" | "asap" | "at";
            /** Who */
            who: string;
            window?: components["schemas"]["Window"] | null;
        };
        /** ActivityPerson */
        ActivityPerson: {
            /** At */
            at: string | null;
            /** Availability */
            availability?: ("available" | "away" | "busy" | "offline" | "unknown") | null;
            /** Name */
            name: string;
            /** Person */
            person: string;
            /** Reason */
            reason?: string | null;
            /**
             * Spare
             * @default false
             */
            spare: boolean;
            /**
             * State
             * @enum {string}
             */
            state: "candidate" | "queued" | "sent" | "accepted" | "declined" | "later" | "silent" | "withdrawn" | "here" | "left";
            /** Until */
            until?: string | null;
            /** Via */
            via: string | null;
        };
        /** AnswerGiven */
        AnswerGiven: {
            /**
             * Answer
             * @enum {string}
             */
            answer: "yes" | "no" | "later" | "why" | "stop" | "conflict";
            /** Delay S */
            delay_s?: number | null;
        };
        /**
         * AskForYou
         * @description Somebody asks the page's owner.
         */
        AskForYou: {
            /** About */
            about: string | null;
            /** Activity */
            activity: string;
            /**
             * Answered Elsewhere
             * @default false
             */
            answered_elsewhere: boolean;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Conflict
             * @default false
             */
            conflict: boolean;
            /** Id */
            id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "chat" | "call" | "video" | "board" | "review" | "link";
            /** Needed */
            needed: string;
            /** Organiser Name */
            organiser_name: string;
            room?: components["schemas"]["Room"] | null;
            /**
             * State
             * @enum {string}
             */
            state: "asked" | "accepted" | "declined" | "later" | "silent" | "covered" | "withdrawn";
            /** Until */
            until: string | null;
        };
        /** AskQuestion */
        AskQuestion: {
            /** From */
            from?: string | null;
            /** Who */
            who: string;
        };
        /**
         * Attached
         * @description A client that is attached to, and what there is to see of its stream.
         */
        Attached: {
            /** Name */
            name: string;
            /** Pid */
            pid: number;
            /** Reason */
            reason: string | null;
            /** State */
            state: string;
            /** Text */
            text: string;
        };
        /**
         * ChatLine
         * @description A line of the room's own chat, or (name None) a line of the room itself.
         *
         *     Also a frame of the room's WebSocket: one for every new line.
         */
        ChatLine: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Id */
            id: number;
            /** Name */
            name: string | null;
            /**
             * Only You
             * @default false
             */
            only_you: boolean;
            /** Text */
            text: string;
            /**
             * Type
             * @default line
             * @constant
             */
            type: "line";
            /**
             * You
             * @default false
             */
            you: boolean;
        };
        /** CheckAnswer */
        CheckAnswer: {
            /**
             * Candidates
             * @default 0
             */
            candidates: number;
            /**
             * Else
             * @default []
             */
            else: components["schemas"]["CheckInstead"][];
            /** Ends */
            ends?: string | null;
            /** Missing */
            missing: string[];
            /**
             * Of
             * @default 0
             */
            of: number;
            /** Opens */
            opens?: string | null;
            /** Ring */
            ring: string[];
            /**
             * Rings Then
             * @default []
             */
            rings_then: string[];
            /**
             * Then
             * @default []
             */
            then: string[];
            /** Trace */
            trace: components["schemas"]["CheckTrace"][];
            /**
             * Verdict
             * @enum {string}
             */
            verdict: "yes" | "no" | "unknown";
        };
        /**
         * CheckInstead
         * @description ``else WHO``, as things are now.
         */
        CheckInstead: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Missing */
            missing: string[];
            /** Ring */
            ring: string[];
            /**
             * Verdict
             * @enum {string}
             */
            verdict: "yes" | "no" | "unknown";
            /** Who */
            who: string;
        };
        /**
         * CheckQuestion
         * @description ``who`` may be the whole line as people type it: ``bob at 14:00 within 10m else carol``.
         */
        CheckQuestion: {
            /** About */
            about?: string | null;
            /** At */
            at?: string | null;
            /** Before */
            before?: string | null;
            /**
             * Else
             * @default []
             */
            else: components["schemas"]["NewInstead"][];
            /** From */
            from?: string | null;
            /**
             * Given
             * @default {}
             */
            given: {
                [key: string]: "available" | "away" | "busy" | "offline" | "unknown";
            };
            /**
             * Groups
             * @default {}
             */
            groups: {
                [key: string]: string[];
            };
            /**
             * Kind
             * @default chat
             * @enum {string}
             */
            kind: "chat" | "call" | "video" | "board" | "review" | "link";
            /** Target */
            target?: string | null;
            /**
             * Urgent
             * @default false
             */
            urgent: boolean;
            /** When */
            when?: ("now" | "asap" | "at") | null;
            /** Who */
            who: string;
            /** Window */
            window?: string | null;
            /** Within S */
            within_s?: number | null;
            /**
             * Without Me
             * @default false
             */
            without_me: boolean;
            /** Zone */
            zone?: string | null;
        };
        /**
         * CheckTrace
         * @description One line per node of the requirement, depth first.
         */
        CheckTrace: {
            /** Path */
            path: string;
            /**
             * Says
             * @enum {string}
             */
            says: "yes" | "no" | "unknown";
            /** Text */
            text: string;
            /** Why */
            why: string;
        };
        /**
         * Clause
         * @description One clause of the requirement with its places, in the words of the requirement.
         */
        Clause: {
            /** Clause */
            clause: string;
            /** Need */
            need: number;
            /**
             * Optional
             * @default false
             */
            optional: boolean;
            /** People */
            people: string[];
            /** Taken */
            taken: number;
        };
        /**
         * Connection
         * @description What the connect panel shows.
         */
        Connection: {
            /** Ca Path */
            ca_path: string;
            /** Im Host */
            im_host: string;
            /** Im Port */
            im_port: number;
            /** Routes */
            routes: string[];
            /** Streams */
            streams: number;
            /** Version */
            version: string;
        };
        /** DoctorLine */
        DoctorLine: {
            /** Name */
            name: string;
            /** Ok */
            ok: boolean;
            /** Remedy */
            remedy?: string | null;
            /** Says */
            says: string;
        };
        /**
         * EnterKey
         * @description A way into the page that works once.
         */
        EnterKey: {
            /**
             * Expires
             * Format: date-time
             */
            expires: string;
            /** Url */
            url: string;
        };
        /** Explanation */
        Explanation: {
            /** Id */
            id: string;
            /** Lines */
            lines: string[];
            /** Log */
            log: components["schemas"]["LogLine"][];
            next: components["schemas"]["Next"] | null;
            why: components["schemas"]["WhyNode"];
        };
        /** Extension */
        Extension: {
            /** By S */
            by_s: number;
        };
        /**
         * FellBack
         * @description The deadline passed, and others are asked instead.
         */
        FellBack: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Who */
            who: string;
        };
        /** GuestClause */
        GuestClause: {
            /**
             * Asking
             * @default 0
             */
            asking: number;
            /** Clause */
            clause: string;
            /** Need */
            need: number;
            /** People */
            people: components["schemas"]["GuestPerson"][];
            /** Taken */
            taken: number;
            /** Until */
            until?: string | null;
        };
        /** GuestPerson */
        GuestPerson: {
            /**
             * Here
             * @default false
             */
            here: boolean;
            /** Name */
            name: string;
            /**
             * Role
             * @default
             */
            role: string;
            /**
             * You
             * @default false
             */
            you: boolean;
        };
        /**
         * ImClient
         * @description An IM client of this machine, running or installed, and how to let Quorate read it.
         */
        ImClient: {
            /** Command */
            command: string | null;
            /** Installed */
            installed: boolean;
            /** Mode */
            mode: string | null;
            /** Name */
            name: string;
            /** Network */
            network: string;
            /** One Click */
            one_click: boolean;
            /** Pid */
            pid: number | null;
            /** Title */
            title: string;
            /** Tls */
            tls: string | null;
            /**
             * Way
             * @enum {string}
             */
            way: "attach" | "run" | "capture" | "listener" | "none";
            /** Why */
            why: string;
        };
        /**
         * Instead
         * @description Who is asked when the deadline passes.
         */
        Instead: {
            /** Before */
            before: string | null;
            /** Who */
            who: string;
            /** Within S */
            within_s: number;
        };
        /** LogLine */
        LogLine: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * People
             * @default []
             */
            people: string[];
            /** Reason */
            reason?: string | null;
            /** Text */
            text: string;
            /** What */
            what: string;
        };
        /**
         * Me
         * @description The page's owner.
         */
        Me: {
            /** Accounts */
            accounts: string[];
            /**
             * Availability
             * @enum {string}
             */
            availability: "available" | "away" | "busy" | "offline" | "unknown";
            /** Name */
            name: string;
            /** Until */
            until?: string | null;
        };
        /** MeStatement */
        MeStatement: {
            /**
             * State
             * @enum {string}
             */
            state: "available" | "busy" | "away";
            /** Until */
            until?: string | null;
        };
        /** NewActivity */
        NewActivity: {
            /** About */
            about?: string | null;
            /** At */
            at?: string | null;
            /** Before */
            before?: string | null;
            /**
             * Else
             * @default []
             */
            else: components["schemas"]["NewInstead"][];
            /** From */
            from?: string | null;
            /**
             * Kind
             * @default chat
             * @enum {string}
             */
            kind: "chat" | "call" | "video" | "board" | "review" | "link";
            /** Target */
            target?: string | null;
            /**
             * Urgent
             * @default false
             */
            urgent: boolean;
            /** When */
            when?: ("now" | "asap" | "at") | null;
            /** Who */
            who: string;
            /** Window */
            window?: string | null;
            /** Within S */
            within_s?: number | null;
            /**
             * Without Me
             * @default false
             */
            without_me: boolean;
            /** Zone */
            zone?: string | null;
        };
        /**
         * NewInstead
         * @description ``else WHO``; without a time of its own it has as long as what comes before it.
         */
        NewInstead: {
            /** Before */
            before?: string | null;
            /** Who */
            who: string;
            /** Within S */
            within_s?: number | null;
        };
        /** Next */
        Next: {
            /** At */
            at: string | null;
            /** Reason */
            reason: string;
        };
        /** PersonVerdict */
        PersonVerdict: {
            /** Activity */
            activity?: string | null;
            /** Activity State */
            activity_state?: ("asked" | "in") | null;
            /**
             * Addresses
             * @default []
             */
            addresses: string[];
            /**
             * Availability
             * @enum {string}
             */
            availability: "available" | "away" | "busy" | "offline" | "unknown";
            /**
             * Groups
             * @default []
             */
            groups: string[];
            /** Name */
            name: string;
            /** Person */
            person: string;
            /** Reason */
            reason?: string | null;
            /** Since */
            since: string | null;
            /** Trace */
            trace: components["schemas"]["TraceLine"][];
            /** Until */
            until?: string | null;
        };
        /**
         * Problem
         * @description RFC 9457 problem+json.
         */
        Problem: {
            /**
             * Column
             * @default null
             */
            column: number | null;
            /** Detail */
            detail: string;
            /**
             * Remedy
             * @default null
             */
            remedy: string | null;
            /** Status */
            status: number;
            /**
             * Suggestion
             * @default null
             */
            suggestion: string | null;
            /** Title */
            title: string;
            /** Type */
            type: string;
        };
        /**
         * Readiness
         * @description Per part: is it ready? Answered with 503 if one is not.
         */
        Readiness: {
            /** Parts */
            parts: {
                [key: string]: boolean;
            };
            /** Ready */
            ready: boolean;
        };
        /** Revocation */
        Revocation: {
            /** Person */
            person: string;
        };
        /** Room */
        Room: {
            /** Url */
            url: string;
        };
        /**
         * RoomAnswer
         * @description From the room page: come (also late), do not come after all, never ask me again.
         */
        RoomAnswer: {
            /**
             * Answer
             * @enum {string}
             */
            answer: "yes" | "no" | "stop";
            /**
             * Anyway
             * @default false
             */
            anyway: boolean;
        };
        /**
         * RoomSays
         * @description A frame from the page over the room's WebSocket; ``end`` is the organiser's.
         */
        RoomSays: {
            /**
             * Text
             * @default null
             */
            text: string | null;
            /**
             * Type
             * @enum {string}
             */
            type: "join" | "say" | "leave" | "end";
        };
        /**
         * RoomTrouble
         * @description A frame to the page: what it just sent was not done.
         */
        RoomTrouble: {
            problem: components["schemas"]["Problem"];
            /**
             * Type
             * @default problem
             * @constant
             */
            type: "problem";
        };
        /**
         * RoomView
         * @description What a personal link shows; also sent over the room's WebSocket whenever it changes.
         *
         *     ``revoked`` shows no more than that; ``withdrawn``: the organiser called it off, or it could not be.
         */
        RoomView: {
            /** About */
            about: string | null;
            /** Activity */
            activity?: string | null;
            /** Asked At */
            asked_at: string | null;
            /**
             * Chat
             * @default []
             */
            chat: components["schemas"]["ChatLine"][];
            /** Clauses */
            clauses: components["schemas"]["GuestClause"][];
            /** Covered At */
            covered_at?: string | null;
            /** Covered By */
            covered_by?: string | null;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /** Deadline */
            deadline: string | null;
            /** Ended At */
            ended_at: string | null;
            /** Here */
            here: components["schemas"]["GuestPerson"][];
            /** In Count */
            in_count: number;
            /** Is Organiser */
            is_organiser: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "chat" | "call" | "video" | "board" | "review" | "link";
            /** Need */
            need: number;
            /**
             * Not Coming
             * @default []
             */
            not_coming: string[];
            /** Opened At */
            opened_at: string | null;
            /**
             * Opened With
             * @default []
             */
            opened_with: string[];
            /** Organiser */
            organiser: string;
            /**
             * Ring S
             * @default 30
             */
            ring_s: number;
            /**
             * Server Time
             * Format: date-time
             */
            server_time: string;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "open" | "late" | "ended" | "expired" | "revoked" | "withdrawn";
            /**
             * Type
             * @default view
             * @constant
             */
            type: "view";
            /** You */
            you: string;
            /** You Said */
            you_said?: ("yes" | "no" | "later") | null;
        };
        /** Stream */
        Stream: {
            /** Account */
            account: string | null;
            /** Client */
            client: string;
            /** Companion */
            companion: boolean;
            /** Contacts */
            contacts: number;
            /** Id */
            id: string;
            /** Mode */
            mode: string;
            /** Network */
            network: string;
            /** Reason */
            reason: string | null;
            /** Reason Text */
            reason_text?: string | null;
            /** Server */
            server: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * State
             * @enum {string}
             */
            state: "negotiating" | "live" | "frozen" | "blind" | "ended";
        };
        /** Taking */
        Taking: {
            /** Person */
            person: string;
        };
        /** TraceLine */
        TraceLine: {
            /** Age S */
            age_s: number;
            /** Asked */
            asked: boolean;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Says */
            says: string;
            /** Source */
            source: string;
            /** Used */
            used: boolean;
            /** Why Not */
            why_not?: string | null;
        };
        /**
         * WhyNode
         * @description One node of the requirement with what made it so.
         */
        WhyNode: {
            /**
             * Children
             * @default []
             */
            children: components["schemas"]["WhyNode"][];
            /**
             * Mark
             * @enum {string}
             */
            mark: "met" | "not" | "unknown" | "not-needed";
            /** Says */
            says: string;
            /** Text */
            text: string;
            /**
             * Trace
             * @default []
             */
            trace: components["schemas"]["TraceLine"][];
        };
        /**
         * Window
         * @description Hours outside which nobody is rung.
         */
        Window: {
            /** Days */
            days: number[];
            /** End */
            end: string;
            /** Start */
            start: string;
            /** Text */
            text: string;
            /** Zone */
            zone: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    activities_api_v1_activities_get: {
        parameters: {
            query?: {
                state?: ("waiting" | "ringing" | "live" | "ended" | "expired" | "cancelled" | "failed") | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_api_v1_activities_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewActivity"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    activity_api_v1_activities__id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_api_v1_activities__id__cancel_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain_api_v1_activities__id__explain_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain_again: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    extend_api_v1_activities__id__extend_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Extension"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_api_v1_activities__id__revoke_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Revocation"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_api_v1_activities__id__take_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Taking"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    asks_api_v1_asks_get: {
        parameters: {
            query?: {
                state?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AskForYou"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    answer_api_v1_asks__invitation__answer_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invitation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerGiven"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AskForYou"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    check_api_v1_check_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckQuestion"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckAnswer"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clients_api_v1_clients_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImClient"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attach_api_v1_clients__pid__attach_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pid: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attached"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connection_api_v1_connection_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    doctor_api_v1_doctor_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoctorLine"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    down_api_v1_down_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: boolean;
                    };
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enter_key_api_v1_enter_keys_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnterKey"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    events_api_v1_events_get: {
        parameters: {
            query?: never;
            header?: {
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me_api_v1_me_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    say_api_v1_me_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MeStatement"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    people_api_v1_people_get: {
        parameters: {
            query?: {
                /** @description Own address whose knowledge it is. */
                from?: string | null;
                state?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonVerdict"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    presence_api_v1_presence_get: {
        parameters: {
            query?: {
                ask?: boolean;
                /** @description Own address whose knowledge it is. */
                from?: string | null;
                state?: string | null;
                who?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonVerdict"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_again_api_v1_presence_ask_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AskQuestion"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonVerdict"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    room_api_v1_rooms__token__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomView"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    answer_api_v1_rooms__token__answer_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomAnswer"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomView"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    streams_api_v1_streams_get: {
        parameters: {
            query?: {
                state?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stream"][];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    healthz_healthz_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: boolean;
                    };
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics_metrics_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readyz_readyz_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description A problem, with what to do about it */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
