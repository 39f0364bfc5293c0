import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openProgress } from '../../cli/output/progress.ts';
import { fileText } from '../core/support/names.ts';
import { Terminal, withoutSequences } from '../support/terminal.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const ROWS = 24;
const LONG = 'a-very-long-name-of-a-source-archive-1.2.3-release.tar.gz';
const MiB = 1024 * 1024;

/** A terminal that the progress is drawn on. */
function screen(columns: number) {
  const terminal = new Terminal(columns, ROWS);
  const sink = {
    isTTY: true,
    columns,
    rows: ROWS,
    write: (text: string) => terminal.write(text.replaceAll('\n', '\r\n')),
  };
  return { progress: openProgress(sink), terminal };
}
const shown = (terminal: Terminal): string[] => terminal.history.filter((line) => line !== '');

describe('a bar', () => {
  it.each([
    [0, '........................', '0'],
    [MiB, '############............', '50'],
    [2 * MiB, '########################', '100'],
  ])('of 80 columns shows name, share and percentage at %i of 2 MiB', (done, bar, percent) => {
    const { progress, terminal } = screen(80);
    const track = progress.track('a.tar');
    track.start(2 * MiB);
    track.add(done);
    vi.advanceTimersByTime(1000);
    const [line = ''] = shown(terminal);
    expect(line).toMatch(/^a\.tar +\[/);
    expect(line).toContain(`[${bar}] ${percent.padStart(3)}%`);
    progress.stop();
  });

  it.each([80, 100, 200])('of %i columns shows the speed and the time that is left', (columns) => {
    const { progress, terminal } = screen(columns);
    const track = progress.track('Python-3.3.7.tar.xz');
    track.start(1000 * MiB);
    track.add(110 * MiB);
    vi.advanceTimersByTime(10_000);
    expect(shown(terminal)[0]).toMatch(/11 MiB\/s 1:21 left$/);
    progress.stop();
  });

  it.each([40, 60, 80])(
    'of %i columns shows the beginning of a long name and the percentage',
    (columns) => {
      const { progress, terminal } = screen(columns);
      const track = progress.track(LONG);
      track.start(1000);
      track.add(420);
      vi.advanceTimersByTime(200);
      expect(shown(terminal)[0]).toMatch(/^a-very-long.* 42%/);
      progress.stop();
    },
  );

  it('of 80 columns stands still while the numbers change', () => {
    const { progress, terminal } = screen(80);
    const track = progress.track('a.tar');
    track.start(1000 * MiB);
    const starts = new Set<number>();
    for (const bytes of [0, 10, 100 * MiB, 7 * MiB, 800 * MiB]) {
      track.add(bytes);
      vi.advanceTimersByTime(1300);
      starts.add(shown(terminal)[0]?.indexOf('[') ?? -1);
    }
    track.done();
    starts.add(shown(terminal)[0]?.indexOf('[') ?? -1);
    progress.stop();
    expect([...starts]).toHaveLength(1);
  });

  it('says what went wrong until bytes come again', () => {
    const { progress, terminal } = screen(80);
    const track = progress.track('a.tar');
    track.start(1000);
    track.add(10);
    track.note('broken off, trying again (1 of 4)');
    vi.advanceTimersByTime(200);
    expect(shown(terminal)[0]).toContain('broken off, trying again (1 of 4)');
    track.add(10);
    vi.advanceTimersByTime(200);
    expect(shown(terminal)[0]).not.toContain('broken off');
    progress.stop();
  });

  it('of an empty file is full when it is done', () => {
    const { progress, terminal } = screen(80);
    const track = progress.track('empty.tar');
    track.start(0);
    track.done();
    progress.stop();
    expect(shown(terminal)[0]).toContain('100%');
  });

  it('begins anew where a download begins anew', () => {
    const { progress, terminal } = screen(80);
    const track = progress.track('a.tar');
    track.start(1000);
    track.add(900);
    track.start(1000);
    track.add(100);
    vi.advanceTimersByTime(200);
    expect(shown(terminal)[0]).toContain(' 10%');
    progress.stop();
  });
});

describe('the bars', () => {
  it.each([40, 80])('stay within %i columns, one line for each file, whatever comes', (columns) => {
    const event = fc.record({
      file: fc.nat(3),
      what: fc.constantFrom('start', 'add', 'note', 'done', 'wait'),
      bytes: fc.oneof(fc.nat(10), fc.nat(2 ** 31)),
    });
    const names = fc.uniqueArray(fileText, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(names, fc.array(event, { maxLength: 30 }), (labels, events) => {
        const { progress, terminal } = screen(columns);
        const tracks = labels.map((label) => progress.track(label));
        for (const { file, what, bytes } of events) {
          const track = tracks[file];
          if (what === 'wait') vi.advanceTimersByTime(250);
          else if (what === 'start') track?.start(bytes);
          else if (what === 'add') track?.add(bytes);
          else if (what === 'note') track?.note('a note');
        }
        for (const track of tracks) track.done();
        progress.stop();
        const lines = shown(terminal);
        expect(lines).toHaveLength(labels.length);
        for (const line of lines) expect(line.length).toBeLessThan(columns);
      }),
    );
  });

  it('leave what is said to be read, above them', () => {
    const { progress, terminal } = screen(80);
    const [one, two] = [progress.track('one.tar'), progress.track('two.tar')];
    one.start(10);
    two.start(10);
    vi.advanceTimersByTime(200);
    progress.say('Something else.');
    vi.advanceTimersByTime(200);
    one.done();
    progress.say('And more.');
    two.done();
    progress.stop();
    const starts = shown(terminal).map((line) => line.split(/ {2,}/)[0]);
    expect(starts).toEqual(['Something else.', 'one.tar', 'And more.', 'two.tar']);
  });

  it('that never began are gone after stop', () => {
    const { progress, terminal } = screen(80);
    progress.track('begun.tar').start(10);
    const begun = progress.track('half.tar');
    begun.start(10);
    begun.add(5);
    progress.say('said');
    progress.stop();
    expect(shown(terminal)).toEqual(['said', expect.stringMatching(/^half\.tar .* 50%/)]);
  });

  it('end with stop: no timer is left, nothing more is written', () => {
    const { progress, terminal } = screen(80);
    progress.track('a.tar').start(10);
    progress.stop();
    const before = terminal.history.length;
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1000);
    progress.stop();
    expect(terminal.history).toHaveLength(before);
  });

  it('count a terminal that does not tell its size as one of 80 columns', () => {
    let written = '';
    const write = (text: string) => {
      written += text;
    };
    const progress = openProgress({ isTTY: true, columns: 0, write });
    const track = progress.track(LONG.repeat(2));
    track.start(10);
    track.done();
    progress.stop();
    for (const line of withoutSequences(written).split('\n')) expect(line.length).toBeLessThan(80);
  });
});

describe('without a terminal', () => {
  it('each event is a plain line', () => {
    let written = '';
    const write = (text: string) => {
      written += text;
    };
    const progress = openProgress({ write });
    const track = progress.track('a.tar');
    track.start(3 * MiB);
    track.add(MiB);
    track.note('broken off, trying again (1 of 4)');
    vi.advanceTimersByTime(2500);
    track.done();
    progress.stop();
    expect(written).toBe('a.tar: broken off, trying again (1 of 4)\na.tar: 3 MiB in 2.5 s\n');
  });
});

it('what was there before counts for the share and not for the speed', () => {
  const { progress, terminal } = screen(80);
  const track = progress.track('Python-3.3.7.tar.xz');
  track.start(1000 * MiB);
  vi.advanceTimersByTime(60_000);
  track.start(1000 * MiB, 500 * MiB);
  track.add(100 * MiB);
  vi.advanceTimersByTime(10_000);
  expect(shown(terminal)[0]).toMatch(/ 60% 10 MiB\/s 0:40 left$/);
  progress.stop();
});
