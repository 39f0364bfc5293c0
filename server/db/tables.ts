import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { TokenVerb } from '../../core/access/principal.ts';
import type { BuildOptions, BuildState } from '../../core/domain/build.ts';
import type { CollectionName, SclName, Vendor } from '../../core/domain/collection.ts';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { ElRelease } from '../../core/domain/el-release.ts';
import type { Nvr } from '../../core/domain/nvr.ts';
import type {
  RequestKind,
  RequestState,
  SigName,
  SigPolicies,
  SigRole,
  UserName,
  UserSource,
} from '../../core/domain/sig.ts';
import type { SourceState } from '../../core/domain/source-state.ts';
import type { SshFingerprint, SshKeyType } from '../../core/domain/ssh-key.ts';
import type { TestName, TestOutcome } from '../../core/domain/test-result.ts';
import type { Plan } from '../../core/koji/plan.ts';
import type { ProvisionResult } from '../../core/koji/provision-result.ts';
import type { ThingId } from '../../core/koji/things.ts';

/** Set by the database. */
type CreatedAt = ColumnType<Date, Date | undefined, never>;
type Names<Name> = ColumnType<Name[], readonly Name[] | undefined, readonly Name[]>;
type Time = ColumnType<Date, Date, Date>;

/** The tables as queries see them; `migrations/` makes them. */
export interface Tables {
  access_version: { version: number };
  users: {
    name: UserName;
    full_name: string;
    email: string;
    admin: boolean;
    disabled: Generated<boolean>;
    created_at: CreatedAt;
    source: Generated<UserSource>;
  };
  directory_users: {
    user_name: UserName;
    /** False: the directory does not have the user any more, or has locked it. */
    present: boolean;
    admin: boolean;
    refreshed_at: ColumnType<Date, Date, Date>;
  };
  directory_members: { sig: SigName; user_name: UserName; role: SigRole };
  /** A view: local members and those that the directory tells of, one role each. */
  memberships: {
    sig: ColumnType<SigName, never, never>;
    user_name: ColumnType<UserName, never, never>;
    role: ColumnType<SigRole, never, never>;
  };
  tokens: {
    id: string;
    user_name: UserName;
    label: string;
    secret_hash: Buffer;
    verbs: TokenVerb[] | null;
    sigs: string[] | null;
    collections: string[] | null;
    components: string[] | null;
    /** Null: a person's own. */
    robot: ColumnType<string | null, string | null | undefined, never>;
    created_by: UserName;
    created_at: CreatedAt;
    expires_at: Time | null;
    revoked_at: Time | null;
    last_used_at: Time | null;
  };
  web_sessions: {
    id_hash: Buffer;
    user_name: UserName;
    credential: string;
    verbs: TokenVerb[] | null;
    sigs: string[] | null;
    collections: string[] | null;
    components: string[] | null;
    created_at: CreatedAt;
    last_used_at: ColumnType<Date, Date | undefined, Date>;
    expires_at: Time;
  };
  ssh_keys: {
    fingerprint: SshFingerprint;
    user_name: UserName;
    type: SshKeyType;
    /** The key's wire form, in base64. */
    base64: string;
    label: string;
    added_by: UserName;
    added_at: CreatedAt;
    last_used_at: Time | null;
  };
  access_requests: {
    id: Generated<number>;
    kind: RequestKind;
    user_name: UserName;
    sig: SigName;
    /** Of an approval; null: all of the SIG. */
    components: ComponentName[] | null;
    /** Of Koji's set-up. */
    collection: CollectionName | null;
    reason: string;
    state: Generated<RequestState>;
    created_at: CreatedAt;
    answered_by: UserName | null;
    answered_at: Time | null;
    answer: string | null;
  };
  sigs: {
    name: SigName;
    title: string;
    commit_policy: SigPolicies['commit'];
    koji_policy: SigPolicies['koji'];
    /** Bytes in the look-aside cache; null: no limit. */
    quota: ColumnType<number | null, number | null | undefined, number | null>;
    created_at: CreatedAt;
  };
  sig_members: { sig: SigName; user_name: UserName; role: SigRole };
  sig_approvals: {
    sig: SigName;
    user_name: UserName;
    components: ComponentName[] | null;
    reason: string;
    approved_by: UserName;
    created_at: CreatedAt;
    until: Time | null;
  };
  collections: {
    name: CollectionName;
    sig: SigName;
    scl_name: SclName;
    vendor: Vendor;
    meta_component: ComponentName;
    /** Builds see what is in the collection's own testing tag. */
    inherit_testing: Generated<boolean>;
    /** What a build has to pass before it goes to a level. */
    testing_tests: Names<TestName>;
    release_tests: Names<TestName>;
    created_by: UserName;
    created_at: CreatedAt;
  };
  collection_releases: {
    collection: CollectionName;
    release: ElRelease;
    /** At its end of life. */
    closed: Generated<boolean>;
  };
  collection_depends: {
    collection: CollectionName;
    release: ElRelease;
    position: number;
    depends_on: CollectionName;
    level: 'candidate' | 'release';
  };
  components: {
    name: ComponentName;
    exploded: boolean;
    state: 'creating' | 'active';
    created_by: UserName;
    created_at: CreatedAt;
    /** Every commit's sources are in `source_references`. */
    references_known: Generated<boolean>;
  };
  component_collections: {
    component: ComponentName;
    collection: CollectionName;
    /** It is built no more there. */
    retired: Generated<boolean>;
  };
  sources: {
    component: ComponentName;
    file: string;
    hash_type: string;
    hash: string;
    size: number;
    mtime: Time;
    uploaded_by: UserName;
    uploaded_at: ColumnType<Date, Date | undefined, Date>;
    state: Generated<SourceState>;
    state_since: Generated<Date>;
  };
  source_references: {
    component: ComponentName;
    file: string;
    hash_type: string;
    hash: string;
    ref: string;
    commit: string;
    named_at: CreatedAt;
  };
  source_origins: {
    component: ComponentName;
    file: string;
    hash_type: string;
    hash: string;
    url: string;
    signature: string | null;
    /** `<branch>:<file>` */
    keyring: string | null;
    result: 'good' | 'bad' | 'unknown-key' | null;
    signer: string | null;
    recorded_by: UserName;
    recorded_at: Generated<Date>;
  };
  source_usage: { component: ComponentName; files: number; bytes: number };
  scrubs: {
    id: Generated<number>;
    started_by: UserName;
    started_at: CreatedAt;
    finished_at: Time | null;
    /** Key of the last file that was read. */
    cursor: string[] | null;
    files: Generated<number>;
    bytes: Generated<number>;
    damaged: Generated<number>;
    missing: Generated<number>;
    unknown: Generated<number>;
  };
  pushes: {
    id: string;
    component: ComponentName;
    user_name: UserName;
    state: 'checked' | 'applied' | 'abandoned';
    created_at: CreatedAt;
    settled_at: Time | null;
  };
  push_ref_updates: { push: string; ref: string; old_oid: string; new_oid: string };
  builds: {
    id: Generated<number>;
    kind: 'build' | 'scratch' | 'chain';
    component: ComponentName;
    collection: CollectionName;
    release: ElRelease;
    /** Null: it is made of an SRPM. */
    commit: string | null;
    /** Where the hub has the SRPM, below its `work`; null: it is made of a commit. */
    srpm: string | null;
    target: string;
    /** How Koji is to build it, so that it can be asked again. */
    options: JSONColumnType<BuildOptions>;
    /** The scratch build on the first architecture. */
    first_task: number | null;
    /** What Koji was asked for: of a chain the one task of all. */
    task: number | null;
    nvr: Nvr | null;
    /** Koji's number of the build. */
    build: number | null;
    state: BuildState;
    problem: string | null;
    tags: ColumnType<string[], string[] | undefined, string[]>;
    submitted_by: UserName;
    submitted_at: CreatedAt;
    /** When Koji was asked last. */
    asked_at: ColumnType<Date, Date | undefined, Date>;
    /** Who wants it canceled: Koji is told as soon as there is a task. */
    cancel_by: UserName | null;
    finished_at: Time | null;
  };
  /** What was asked for to put a build into a tag, or to take it out. */
  build_moves: {
    id: Generated<number>;
    /** The row of the build. */
    record: number;
    /** Of Koji; null: not known, or it needs none, as on the way out. */
    task: number | null;
    build: number;
    tag: string;
    way: 'in' | 'out';
    asked_by: UserName;
    asked_at: CreatedAt;
    finished_at: Time | null;
    problem: string | null;
  };
  /** What came of tests of builds; rows are added, and never changed. */
  build_results: {
    id: Generated<number>;
    /** Of the row in `builds`. */
    record: number;
    test: TestName;
    outcome: TestOutcome;
    url: string | null;
    recorded_by: UserName;
    recorded_at: CreatedAt;
  };
  auto_builds: { collection: CollectionName; set_by: UserName; set_at: CreatedAt };
  jobs: {
    id: Generated<number>;
    kind: string;
    subject: string;
    state: Generated<'waiting' | 'parked'>;
    attempts: Generated<number>;
    run_at: ColumnType<Date, Date | undefined, Date>;
    leased_until: Time | null;
    last_error: string | null;
    created_at: CreatedAt;
  };
  koji_provisions: {
    collection: CollectionName;
    release: ElRelease;
    requested_by: UserName;
    requested_at: ColumnType<Date, Date | undefined, Date>;
    /** Counts up: a run tells only the end of the request that it began with. */
    request: Generated<number>;
    /** Things that are not ours and may be changed all the same. */
    overwrite: Generated<string[]>;
    state: Generated<'waiting' | 'done' | 'attention'>;
    /** What came of the last run; null: none came to an end. */
    result: JSONColumnType<ProvisionResult> | null;
    ran_at: Time | null;
  };
  koji_drift: {
    collection: CollectionName;
    release: ElRelease;
    plan: JSONColumnType<Plan>;
    looked_at: ColumnType<Date, Date | undefined, Date>;
  };
  /** What we made in Koji; not `sure`: it was begun, and not seen there yet. */
  koji_things: { collection: CollectionName; release: ElRelease; thing: ThingId; sure: boolean };
  audit_log: {
    id: Generated<number>;
    at: CreatedAt;
    actor: string;
    credential: string;
    address: string;
    request_id: string;
    action: string;
    subject: string;
    allowed: boolean;
    rule: string;
    detail: JSONColumnType<Record<string, unknown>>;
  };
}
