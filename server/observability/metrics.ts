import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface RequestMetrics {
  request(method: string, status: number, seconds: number): void;
}

/** Numbers for Prometheus. Labels have few values: SIGs, but never a component, user or path. */
export class Metrics implements RequestMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'status'>;
  readonly #uploads: Counter;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'distgit_request_seconds',
      help: 'Time from a request to the end of its answer',
      labelNames: ['method', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
      registers: [this.#registry],
    });
    this.#uploads = new Counter({
      name: 'distgit_uploaded_bytes_total',
      help: 'Bytes stored in the look-aside cache',
      registers: [this.#registry],
    });
  }

  request(method: string, status: number, seconds: number): void {
    this.#requests.observe({ method, status: `${Math.floor(status / 100)}xx` }, seconds);
  }

  uploaded(bytes: number): void {
    this.#uploads.inc(bytes);
  }

  /** @param read asked whenever the numbers are: bytes in the look-aside cache by SIG */
  usageBySig(
    read: () => Promise<readonly { readonly sig: string; readonly bytes: number }[]>,
  ): void {
    const gauge: Gauge<'sig'> = new Gauge({
      name: 'distgit_lookaside_bytes',
      help: 'Bytes in the look-aside cache of the components of a SIG',
      labelNames: ['sig'],
      registers: [this.#registry],
      collect: async () => {
        gauge.reset();
        for (const { sig, bytes } of await read()) gauge.set({ sig }, bytes);
      },
    });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
