// Generated from the OpenAPI document by `npm run types`; do not edit.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Activity */
        Activity: {
            /** About */
            about: string | null;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /** Deadline */
            deadline: string | null;
            /**
             * Ended At
             * @default null
             */
            ended_at: string | null;
            /** Id */
            id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "chat" | "call" | "video" | "board" | "review" | "link";
            /**
             * Live At
             * @default null
             */
            live_at: string | null;
            /** @default null */
            next: components["schemas"]["Next"] | null;
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
            /**
             * Reason Text
             * @default null
             */
            reason_text: string | null;
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
        };
        /** ActivityPerson */
        ActivityPerson: {
            /** At */
            at: string | null;
            /**
             * Availability
             * @default null
             */
            availability: ("available" | "away" | "busy" | "offline" | "unknown") | null;
            /** Name */
            name: string;
            /** Person */
            person: string;
            /**
             * Reason
             * @default null
             */
            reason: string | null;
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
            /**
             * Until
             * @default null
             */
            until: string | null;
            /** Via */
            via: string | null;
        };
        /** AnswerGiven */
        AnswerGiven: {
            /**
             * Answer
             * @enum {string}
             */
            answer: "yes" | "no" | "later" | "why" | "stop";
            /**
             * Delay S
             * @default null
             */
            delay_s: number | null;
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
            /** @default null */
            room: components["schemas"]["Room"] | null;
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
            /**
             * From
             * @default null
             */
            from: string | null;
            /** Who */
            who: string;
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
            /** Missing */
            missing: string[];
            /**
             * Of
             * @default 0
             */
            of: number;
            /** Ring */
            ring: string[];
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
        /** CheckQuestion */
        CheckQuestion: {
            /**
             * From
             * @default null
             */
            from: string | null;
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
            /** Who */
            who: string;
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
            /**
             * Remedy
             * @default null
             */
            remedy: string | null;
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
            /**
             * Until
             * @default null
             */
            until: string | null;
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
         * Heartbeat
         * @description Data of the events ``hello`` and ``heartbeat``.
         */
        Heartbeat: {
            /**
             * Now
             * Format: date-time
             */
            now: string;
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
            /**
             * Reason
             * @default null
             */
            reason: string | null;
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
            /**
             * Until
             * @default null
             */
            until: string | null;
        };
        /** MeStatement */
        MeStatement: {
            /**
             * State
             * @enum {string}
             */
            state: "available" | "busy" | "away";
            /**
             * Until
             * @default null
             */
            until: string | null;
        };
        /** NewActivity */
        NewActivity: {
            /**
             * About
             * @default null
             */
            about: string | null;
            /**
             * At
             * @default null
             */
            at: string | null;
            /**
             * Before
             * @default null
             */
            before: string | null;
            /**
             * From
             * @default null
             */
            from: string | null;
            /**
             * Kind
             * @default chat
             * @enum {string}
             */
            kind: "chat" | "call" | "video" | "board" | "review" | "link";
            /**
             * Target
             * @default null
             */
            target: string | null;
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
            /**
             * Within S
             * @default null
             */
            within_s: number | null;
            /**
             * Without Me
             * @default false
             */
            without_me: boolean;
        };
        /** Next */
        Next: {
            /** At */
            at: string | null;
            /** Reason */
            reason: string;
        };
        /** Organiser */
        Organiser: {
            /** Address */
            address: string;
            /** Name */
            name: string;
            /** Person */
            person: string;
        };
        /** PersonVerdict */
        PersonVerdict: {
            /**
             * Activity
             * @default null
             */
            activity: string | null;
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
            /**
             * Reason
             * @default null
             */
            reason: string | null;
            /** Since */
            since: string | null;
            /** Trace */
            trace: components["schemas"]["TraceLine"][];
            /**
             * Until
             * @default null
             */
            until: string | null;
        };
        /** PlacePerson */
        PlacePerson: {
            /** Name */
            name: string;
            /** Person */
            person: string;
            /** State */
            state: string;
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
            /**
             * Activity
             * @default null
             */
            activity: string | null;
            /** Asked At */
            asked_at: string | null;
            /**
             * Chat
             * @default []
             */
            chat: components["schemas"]["ChatLine"][];
            /** Clauses */
            clauses: components["schemas"]["GuestClause"][];
            /**
             * Covered At
             * @default null
             */
            covered_at: string | null;
            /**
             * Covered By
             * @default null
             */
            covered_by: string | null;
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
            /** Organiser */
            organiser: string;
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
            /**
             * You Said
             * @default null
             */
            you_said: ("yes" | "no" | "later") | null;
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
            /**
             * Reason Text
             * @default null
             */
            reason_text: string | null;
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
            /**
             * Why Not
             * @default null
             */
            why_not: string | null;
        };
        /**
         * Who
         * @description Answer of ``/api/v1/presence``.
         */
        Who: {
            /** People */
            people: components["schemas"]["PersonVerdict"][];
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
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
