import { TOKEN_VERBS } from '../../core/access/principal.ts';
import type { ApiOutput } from '../../core/api/schemas.ts';
import { shellWord } from '../../core/domain/text.ts';
import { type Html, html } from './html.ts';
import { csrfField, type Page, type Site, type Visitor } from './layout.ts';
import { commands, ending, facts, field, listed, moment, table } from './parts.ts';
import { PATHS } from './paths.ts';

type Who = ApiOutput<'whoami'>;
type Token = ApiOutput<'showToken'>;

const VERBS: Readonly<Record<(typeof TOKEN_VERBS)[number], string>> = {
  push: 'push: commit to branches',
  upload: 'upload: put files into the look-aside cache',
  manage: 'manage: create collections, components and branches',
  admin: 'admin: approve users, issue and revoke tokens, administer',
};
/** What most tokens are for. */
const USUAL_VERBS: ReadonlySet<string> = new Set(['push', 'upload']);

export interface AccountParts {
  readonly who: Who;
  /** Null: the credential is not for tokens; `refusal` says why. */
  readonly tokens: readonly Token[] | null;
  readonly refusal: { readonly reason: string; readonly remedy: string } | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function accountPage(site: Site, visitor: Visitor, parts: AccountParts): Page {
  const { who, tokens, refusal, now } = parts;
  return {
    title: 'Your account',
    main: html`${whoFacts(who)}
<h2>SIGs</h2>
${
  who.sigs.length === 0
    ? html`<p>You are in no SIG.</p>`
    : table(
        'SIGs',
        ['SIG', 'Role'],
        who.sigs.map(({ sig, role }) => [sigLink(site, sig), html`${role}`]),
      )
}
<h2>Approvals</h2>
${
  who.approvals.length === 0
    ? html`<p>No SIG has approved you for commits.</p>`
    : table(
        'Approvals',
        ['SIG', 'For'],
        who.approvals.map(({ sig, components }) => [
          sigLink(site, sig),
          html`${listed(components, 'all components')}`,
        ]),
      )
}
<h2>Tokens</h2>
<p>A token is a password for git, centpkg and scripts, that can be limited and taken back.</p>
${refusal === null ? null : html`<div class="box error"><p>${refusal.reason}</p><p>${refusal.remedy}</p></div>`}
${tokens === null ? null : tokenTable(site, visitor, tokens, now)}
${tokens === null ? null : tokenForm(site, visitor, who.scopes?.verbs ?? null)}`,
  };
}

function sigLink({ base }: Site, sig: string): Html {
  return html`<a href="${base}${PATHS.sig(sig)}">${sig}</a>`;
}

function whoFacts({ user, admin, credential, validUntil, scopes }: Who): Html {
  return facts([
    ['User', user ?? ''],
    ['Site admin', admin ? 'yes' : 'no'],
    ['Logged in by', credential ?? ''],
    ['Session ends', validUntil === null ? 'never' : moment(validUntil)],
    ['Verbs', listed(scopes?.verbs ?? null, 'all')],
    ['Limits', scopes === null ? 'none' : limits(scopes)],
  ]);
}

function limits({
  sigs,
  collections,
  components,
}: Pick<Token, 'sigs' | 'collections' | 'components'>) {
  const named = [
    ['SIG', sigs] as const,
    ['collection', collections] as const,
    ['component', components] as const,
  ].flatMap(([what, names]) => (names === null ? [] : [`${what} ${names.join(', ')}`]));
  return named.length === 0 ? 'none' : named.join('; ');
}

function tokenTable(site: Site, visitor: Visitor, tokens: readonly Token[], now: number): Html {
  const alive = tokens.filter(({ revokedAt }) => revokedAt === null);
  if (alive.length === 0) return html`<p>You have none.</p>`;
  return table(
    'Tokens',
    ['Token', 'Label', 'Verbs', 'Limits', 'Ends', 'Last used', 'Change'],
    alive.map((token) => [
      html`<code>${token.id}</code>`,
      html`${token.label}`,
      html`${listed(token.verbs, 'all')}`,
      html`${limits(token)}`,
      ending(token.expiresAt, now),
      token.lastUsedAt === null ? html`never` : moment(token.lastUsedAt),
      html`<form method="post" action="${site.base}${PATHS.revokeToken}">
${csrfField(visitor.csrf)}<input type="hidden" name="token" value="${token.id}">
<button class="small" aria-label="Revoke token ${token.id}">Revoke</button>
</form>`,
    ]),
  );
}

function tokenForm({ base }: Site, { csrf }: Visitor, own: Token['verbs']): Html {
  const names = 'Names, with spaces or commas between them. Empty: no limit.';
  return html`<h3>New token</h3>
<form class="fields" method="post" action="${base}${PATHS.tokens}">
${csrfField(csrf)}
${field('label', 'Label', 'So that you know it again.', html`type="text" maxlength="200"`)}
<fieldset>
<legend>What it is for</legend>
${TOKEN_VERBS.filter((verb) => own === null || own.includes(verb)).map(
  (verb) =>
    html`<label><input type="checkbox" name="verbs" value="${verb}"${USUAL_VERBS.has(verb) ? html` checked` : null}> ${VERBS[verb]}</label>\n`,
)}</fieldset>
${field('sigs', 'SIGs', names)}
${field('collections', 'Collections', names)}
${field('components', 'Components', names)}
${field('expiresInDays', 'Days until it ends', null, html`type="number" min="1" max="3650" value="90" required`)}
<button>Create the token</button>
</form>`;
}

/** The one time that a token is shown. */
export function newTokenPage({ base, url }: Site, token: ApiOutput<'createToken'>): Page {
  return {
    title: 'New token',
    main: html`<div class="box done"><p>The token is shown only now. Keep it where you keep passwords.</p>
${commands(token.token)}</div>
${facts([
  ['Verbs', listed(token.verbs, 'all')],
  ['Limits', limits(token)],
  ['Ends', token.expiresAt === null ? 'never' : moment(token.expiresAt)],
])}
<h2>Use it</h2>
<p>As the password where git asks for one, with any user name; or with centpkg, which takes it from
a file:</p>
${commands(`centpkg login --url ${shellWord(url)} --token-file FILE`)}
<p><a href="${base}${PATHS.account}">Back to your account</a></p>`,
  };
}
