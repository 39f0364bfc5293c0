import type { ApiOutput } from '../../core/api/schemas.ts';
import { type CollectionView, collectionNames, type SigView } from './home-page.ts';
import { type Html, html } from './html.ts';
import { csrfField, type Page, type Site, type Visitor } from './layout.ts';
import { ending, facts, field, listed, table } from './parts.ts';
import { PATHS } from './paths.ts';
import { askForm, type OpenRequest, openRequests } from './request-parts.ts';

type Sig = ApiOutput<'showSig'>;
type Approval = Sig['approvals'][number];

const COMMIT: Readonly<Record<Sig['commit'], string>> = {
  approved: 'users that a chair approved',
  members: 'every member of the SIG',
};
const KOJI: Readonly<Record<Sig['koji'], string>> = {
  members: 'members of the SIG',
  admins: 'site admins, on request',
};

export function sigsPage({ base }: Site, sigs: readonly SigView[]): Page {
  return {
    title: 'SIGs',
    main:
      sigs.length === 0
        ? html`<p>There is none yet. A site admin creates one: <code>centpkg sig create NAME</code></p>`
        : table(
            'SIGs',
            ['SIG', 'Title', 'Who commits'],
            sigs.map(({ name, title, commit }) => [
              html`<a href="${base}${PATHS.sig(name)}">${name}</a>`,
              html`${title}`,
              html`${COMMIT[commit]}`,
            ]),
          ),
  };
}

export interface SigParts {
  readonly sig: Sig;
  readonly collections: readonly CollectionView[];
  /** Whether the visitor approves users here: then the page has the forms for it. */
  readonly mayApprove: boolean;
  /** Whether the visitor has anything to ask the SIG for. */
  readonly mayAsk: boolean;
  readonly requests: readonly OpenRequest[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function sigPage(site: Site, visitor: Visitor, parts: SigParts): Page {
  const { sig, collections, mayApprove, mayAsk, requests, now } = parts;
  const { name, members, approvals } = sig;
  return {
    title: `SIG ${name}`,
    main: html`${sig.title === '' ? null : html`<p>${sig.title}</p>`}
${facts([
  ['Who commits', COMMIT[sig.commit]],
  ['Who sets up Koji', KOJI[sig.koji]],
])}
${openRequests(site, visitor, requests)}
<h2>Members</h2>
${
  members.length === 0
    ? html`<p>None yet.</p>`
    : table(
        'Members',
        ['User', 'Role'],
        members.map(({ user, role }) => [html`${user}`, html`${role}`]),
      )
}
<h2>Approvals</h2>
${
  approvals.length === 0
    ? html`<p>Nobody is approved yet.</p>`
    : table(
        'Approvals',
        ['User', 'For', 'Reason', 'By', 'Ends', ...(mayApprove ? ['Change'] : [])],
        approvals.map((approval) =>
          approvalRow(approval, now).concat(
            mayApprove ? [revokeForm(site, visitor, name, approval.user)] : [],
          ),
        ),
      )
}
${mayApprove ? approveForm(site, visitor, name) : null}${mayAsk ? askForm(site, visitor, name) : null}
<h2>Collections</h2>
${collections.length === 0 ? html`<p>None yet.</p>` : collectionNames(site, collections)}`,
  };
}

function approvalRow(
  { user, components, reason, approvedBy, until }: Approval,
  now: number,
): Html[] {
  return [
    html`${user}`,
    html`${listed(components, 'all components')}`,
    html`${reason}`,
    html`${approvedBy}`,
    ending(until, now),
  ];
}

function revokeForm({ base }: Site, { csrf }: Visitor, sig: string, user: string): Html {
  return html`<form method="post" action="${base}${PATHS.revokeApproval(sig)}">
${csrfField(csrf)}<input type="hidden" name="user" value="${user}">
<button class="small" aria-label="Revoke the approval of ${user}">Revoke</button>
</form>`;
}

function approveForm({ base }: Site, { csrf }: Visitor, sig: string): Html {
  return html`<h3>Approve a user</h3>
<form class="fields" method="post" action="${base}${PATHS.approvals(sig)}">
${csrfField(csrf)}
${field('user', 'User', null, html`type="text" required autocapitalize="none" spellcheck="false"`)}
${field('components', 'Components', 'Names, with spaces or commas between them. Empty: all of the SIG.')}
${field('reason', 'Reason', null, html`type="text" maxlength="200"`)}
${field('until', 'Until the end of', 'A day, in UTC. Empty: no end. An approval replaces the one before.', html`type="date"`)}
<button>Approve</button>
</form>
`;
}
