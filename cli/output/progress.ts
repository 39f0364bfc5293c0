import { formatBytes } from '../../core/domain/byte-size.ts';

/** One file on its way. */
export interface Track {
  /**
   * @param total bytes; 0: not known
   * @param have bytes that were there before: they say nothing of the rate
   */
  start(total: number, have?: number): void;
  add(bytes: number): void;
  note(text: string): void;
  done(): void;
}

export interface Progress {
  track(label: string): Track;
  /** A line that is no progress, put where it stays readable. */
  say(line: string): void;
  /** Ends the drawing; the bars stay as they are. */
  stop(): void;
}

interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const BAR_WIDTH = 24;
const MAX_NAME = 32;
/** Room for percent, rate and time left, so that the bar stands still while they change. */
const STATE_WIDTH = 32;
const DRAW_MS = 100;

/** Bars on a terminal, one plain line per event otherwise. */
export function openProgress(sink: Sink): Progress {
  return sink.isTTY === true ? bars(sink) : lines(sink);
}

/** For --quiet. */
export const SILENT: Progress = {
  track: () => ({ start: () => {}, add: () => {}, note: () => {}, done: () => {} }),
  say: () => {},
  stop: () => {},
};

function lines(sink: Sink): Progress {
  return {
    track(label) {
      let total = 0;
      const begun = performance.now();
      return {
        start: (bytes) => {
          total = bytes;
        },
        add: () => {},
        note: (text) => sink.write(`${label}: ${text}\n`),
        done: () => {
          const seconds = (performance.now() - begun) / 1000;
          sink.write(`${label}: ${formatBytes(total)} in ${seconds.toFixed(1)} s\n`);
        },
      };
    },
    say: (line) => sink.write(`${line}\n`),
    stop: () => {},
  };
}

interface Bar {
  readonly label: string;
  begun: number;
  total: number;
  /** Bytes that were there at `begun`. */
  had: number;
  done: number;
  note: string;
  ended: boolean;
}

/** The running bars are redrawn in place; what has ended or was said scrolls away above them. */
function bars(sink: Sink): Progress {
  const running = new Set<Bar>();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (above: readonly string[] = []): void => {
    const width = (sink.columns || 80) - 1;
    const shown = [...running].map((bar) => barLine(bar, width));
    const erase = drawn > 0 ? `\u001b[${drawn}A\u001b[J` : '';
    sink.write(erase + [...above, ...shown].map((line) => `${line}\n`).join(''));
    drawn = shown.length;
    if (running.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    track(label) {
      const bar: Bar = {
        label,
        begun: performance.now(),
        total: 0,
        had: 0,
        done: 0,
        note: '',
        ended: false,
      };
      running.add(bar);
      timer ??= setInterval(draw, DRAW_MS);
      return {
        start: (total, have = 0) => {
          bar.begun = performance.now();
          bar.total = total;
          bar.had = have;
          bar.done = have;
        },
        add: (bytes) => {
          bar.done += bytes;
          bar.note = '';
        },
        note: (text) => {
          bar.note = text;
        },
        done: () => {
          bar.done = bar.total;
          bar.ended = true;
          running.delete(bar);
          draw([barLine(bar, (sink.columns || 80) - 1)]);
        },
      };
    },
    say: (line) => draw([line]),
    stop: () => {
      if (timer === undefined) return;
      // What did not end stays as it stood, unless it never began.
      for (const bar of running) if (bar.done === 0) running.delete(bar);
      draw();
      running.clear();
      drawn = 0;
      draw();
    },
  };
}

/** Fits into `width`: the name is cut, and the bar left out, before what tells more. */
function barLine(bar: Bar, width: number): string {
  const share = bar.ended ? 1 : bar.total === 0 ? 0 : Math.min(1, bar.done / bar.total);
  const seconds = (performance.now() - bar.begun) / 1000;
  const rate = (bar.done - bar.had) / Math.max(seconds, 0.001);
  const state =
    bar.note ||
    (share === 1
      ? formatBytes(bar.total)
      : `${formatBytes(rate)}/s ${timeLeft((bar.total - bar.done) / rate)}`);
  const right = `${`${Math.floor(share * 100)}`.padStart(3)}% ${state}`;
  const full = Math.round(share * BAR_WIDTH);
  const drawing = `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] `;
  const besideBar = width - Math.max(right.length, STATE_WIDTH) - drawing.length - 1;
  const withBar = besideBar >= 12;
  const room = withBar ? besideBar : width - right.length - 1;
  const nameWidth = Math.max(0, Math.min(MAX_NAME, room));
  const cut = bar.label.length > nameWidth;
  const name = cut ? `${bar.label.slice(0, Math.max(0, nameWidth - 3))}...` : bar.label;
  return `${name.padEnd(nameWidth)} ${withBar ? drawing : ''}${right}`.slice(0, width);
}

/** `0:07 left`, `1:02:33 left`; nothing where it would be days. */
function timeLeft(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds >= 100 * 3600) return '';
  const whole = Math.ceil(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const clock = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${clock}:${two(whole % 60)} left`;
}
