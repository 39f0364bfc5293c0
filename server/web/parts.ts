import { type Html, html } from './html.ts';

/** A time of the API, to the minute. */
export function moment(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

/** When something ends, and whether it has; `now` in milliseconds since 1970. */
export function ending(iso: string | null, now: number): Html {
  if (iso === null) return html`never`;
  return html`${moment(iso)}${Date.parse(iso) <= now ? ' (ended)' : null}`;
}

/** A table; on a narrow screen each row is a block, whose cells name their columns. */
export function table(label: string, heads: readonly string[], rows: readonly Html[][]): Html {
  return html`<div class="table" role="region" aria-label="${label}" tabindex="0">
<table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((cell, n) => html`<td data-label="${heads[n] ?? ''}">${cell}</td>`)}</tr>\n`)}</tbody>
</table>
</div>`;
}

export function facts(all: readonly (readonly [name: string, value: Html | string])[]): Html {
  return html`<dl>
${all.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`;
}

/** Commands to copy. */
export function commands(...lines: readonly string[]): Html {
  return html`<pre tabindex="0"><code>${lines.join('\n')}</code></pre>`;
}

/** A list in a sentence; `all` stands for no limit. */
export function listed(names: readonly string[] | null, all: string): string {
  return names === null ? all : names.join(', ');
}

/** An input with its label, and what to know about it. */
export function field(
  name: string,
  label: string,
  hint: string | null,
  attributes: Html = html`type="text"`,
): Html {
  const described = hint === null ? null : html` aria-describedby="${name}-hint"`;
  return html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" ${attributes}${described}>
${hint === null ? null : html`<p class="hint" id="${name}-hint">${hint}</p>\n`}`;
}
