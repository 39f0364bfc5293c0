import type { ErrorDetail } from '../../core/api/distgit-error.ts';
import { html } from './html.ts';
import type { Page, Site } from './layout.ts';
import { PATHS } from './paths.ts';

export interface ShownError {
  readonly summary: string;
  readonly message: string;
  readonly detail: ErrorDetail;
  readonly requestId: string;
}

/** What happened, and what to do next. */
export function errorPage(
  { base }: Site,
  { summary, message, detail, requestId }: ShownError,
): Page {
  const { remedy, rule, problems } = detail;
  return {
    title: summary,
    main: html`<div class="box error">
<p>${message}</p>
${problems === undefined ? null : html`<ul>${problems.map((one) => html`<li>${one.path}: ${one.message}</li>`)}</ul>`}
${remedy === undefined ? null : html`<p>${remedy}</p>`}
</div>
<p class="hint">${rule === undefined ? null : html`Rule: <code>${rule}</code>. `}Request: <code>${requestId}</code></p>
<p><a href="${base}${PATHS.home}">To the first page</a></p>`,
  };
}
