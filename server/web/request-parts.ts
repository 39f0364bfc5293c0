import type { ApiOutput } from '../../core/api/schemas.ts';
import { type Html, html } from './html.ts';
import { csrfField, type Site, type Visitor } from './layout.ts';
import { field, listed, moment, table } from './parts.ts';
import { PATHS } from './paths.ts';

type Request = ApiOutput<'listRequests'>['items'][number];

/** A request that is open, and what the visitor may do about it. */
export interface OpenRequest {
  readonly request: Request;
  readonly mayAnswer: boolean;
  readonly mayCancel: boolean;
}

/** The open requests to a SIG that the visitor may see; nothing where there are none. */
export function openRequests(
  site: Site,
  visitor: Visitor,
  requests: readonly OpenRequest[],
): Html | null {
  if (requests.length === 0) return null;
  return html`<h2>Open requests</h2>
${table(
  'Open requests',
  ['User', 'For', 'Reason', 'Since', 'Answer'],
  requests.map((one) => [
    html`${one.request.user}`,
    html`${wish(one.request)}`,
    html`${one.request.reason}`,
    moment(one.request.createdAt),
    answerForms(site, visitor, one),
  ]),
)}`;
}

const wish = ({ kind, collection, components }: Request): string =>
  kind === 'koji'
    ? `set-up of Koji for ${collection ?? ''}`
    : `commits to ${listed(components, 'all components')}`;

function answerForms(site: Site, visitor: Visitor, one: OpenRequest): Html {
  const { request, mayAnswer, mayCancel } = one;
  const { id, user, sig, kind } = request;
  const form = (path: string, button: Html, input: Html | null): Html =>
    html`<form method="post" action="${site.base}${path}">
${csrfField(visitor.csrf)}<input type="hidden" name="request" value="${String(id)}">
${input}${button}
</form>
`;
  const until =
    kind === 'koji'
      ? null
      : html`<label>Until the end of <input type="date" name="until"></label>\n`;
  const reason = html`<label>Reason <input type="text" name="reason" required maxlength="200"></label>\n`;
  const small = (word: string, what: string): Html =>
    html`<button class="small" aria-label="${what} ${user}">${word}</button>`;
  const approve = html`<button aria-label="Approve the request of ${user}">Approve</button>`;
  return html`${mayAnswer ? form(PATHS.approveRequest(sig), approve, until) : null}${
    mayAnswer ? form(PATHS.denyRequest(sig), small('Deny', 'Deny the request of'), reason) : null
  }${mayCancel ? form(PATHS.cancelRequest(sig), small('Take back', 'Take back the request of'), null) : null}`;
}

/** For who may not commit yet. */
export function askForm({ base }: Site, { csrf }: Visitor, sig: string): Html {
  return html`<h3>Ask for an approval</h3>
<form class="fields" method="post" action="${base}${PATHS.requests(sig)}">
${csrfField(csrf)}
${field('components', 'Components', 'Names, with spaces or commas between them. Empty: all of the SIG.')}
${field('reason', 'Reason', 'What you want to do.', html`type="text" maxlength="200"`)}
<button>Ask</button>
</form>
`;
}
