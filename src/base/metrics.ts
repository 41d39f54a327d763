/** The values of a metric's labels, in the order of their names. */
export type LabelValues = readonly string[];

/** What a metric tells: its samples as lines of the text that Prometheus reads. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  samples(): Iterable<string>;
}

/** One number of a counter or gauge. Those who count often keep it. */
export class Value {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }

  dec(): void {
    this.value--;
  }
}

/** Children by label values. `make` makes one. */
abstract class Labelled<T> {
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly string[];
  readonly #children = new Map<string, { values: LabelValues; child: T }>();

  constructor(name: string, help: string, labels: readonly string[]) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
  }

  /** The child with these values, which are in the order of the label names. Keep it: finding it costs more than counting. */
  labels(...values: string[]): T {
    const key = values.join('\u0000');
    let entry = this.#children.get(key);
    if (!entry) this.#children.set(key, (entry = { values, child: this.make() }));
    return entry.child;
  }

  protected put(values: LabelValues, child: T): void {
    this.#children.set(values.join('\u0000'), { values, child });
  }

  /** Forgets one child: what it counted for is gone. */
  remove(...values: string[]): void {
    this.#children.delete(values.join('\u0000'));
  }

  /** Forgets all children, for those who count anew each time they are asked. */
  reset(): void {
    this.#children.clear();
  }

  *samples(): Generator<string> {
    if (this.#labels.length === 0) this.labels(); // a metric without labels tells 0 before anything was counted
    for (const { values, child } of this.#children.values()) {
      yield* this.lines(
        child,
        values.map((value, i) => `${this.#labels[i]}="${escaped(value)}"`),
      );
    }
  }

  protected abstract make(): T;
  protected abstract lines(child: T, labels: readonly string[]): Iterable<string>;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}

function sample(name: string, labels: readonly string[], value: number): string {
  return `${name}${labels.length > 0 ? `{${labels.join(',')}}` : ''} ${value}`;
}

/** A number that only grows. */
export class Counter extends Labelled<Value> implements Family {
  readonly type: Family['type'] = 'counter';

  protected make(): Value {
    return new Value();
  }

  protected *lines({ value }: Value, labels: readonly string[]): Generator<string> {
    yield sample(this.name, labels, value);
  }
}

/** A number that goes up and down. */
export class Gauge extends Counter {
  override readonly type = 'gauge';

  /** Lets the child with these values be what `read` answers whenever somebody asks. */
  live(values: LabelValues, read: () => number): void {
    this.put(values, new LiveValue(read));
  }
}

class LiveValue extends Value {
  constructor(read: () => number) {
    super();
    Object.defineProperty(this, 'value', { get: read });
  }
}

/** How often values of each size came up. */
export class Observations {
  readonly #bounds: readonly number[];
  /** How many fell into each bucket alone; the last is the one without bound. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let i = 0;
    while (i < bounds.length && value > bounds[i]!) i++;
    this.#counts[i]!++;
    this.#sum += value;
  }

  *lines(name: string, labels: readonly string[]): Generator<string> {
    let count = 0;
    for (let i = 0; i <= this.#bounds.length; i++) {
      count += this.#counts[i]!;
      yield sample(`${name}_bucket`, [...labels, `le="${this.#bounds[i] ?? '+Inf'}"`], count);
    }
    yield sample(`${name}_sum`, labels, this.#sum);
    yield sample(`${name}_count`, labels, count);
  }
}

/** A histogram with fixed buckets. */
export class Histogram extends Labelled<Observations> implements Family {
  readonly type = 'histogram';
  readonly #bounds: readonly number[];

  constructor(name: string, help: string, labels: readonly string[], bounds: readonly number[]) {
    super(name, help, labels);
    this.#bounds = bounds;
  }

  protected make(): Observations {
    return new Observations(this.#bounds);
  }

  protected lines(child: Observations, labels: readonly string[]): Iterable<string> {
    return child.lines(this.name, labels);
  }
}

/** Metrics that are scraped together. Counting costs some ten nanoseconds, once the child is at hand. */
export class MetricRegistry {
  readonly #families: Family[] = [];

  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    return this.#add(new Counter(name, help, labels));
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    return this.#add(new Gauge(name, help, labels));
  }

  histogram(name: string, help: string, labels: readonly string[], bounds: readonly number[]): Histogram {
    return this.#add(new Histogram(name, help, labels, bounds));
  }

  /** The text that Prometheus reads; metrics without samples are left out. */
  render(): string {
    let text = '';
    for (const family of this.#families) {
      const samples = [...family.samples()];
      if (samples.length === 0) continue;
      text += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n${samples.join('\n')}\n`;
    }
    return text;
  }

  /** A part that starts anew counts anew: its metrics take the place of those before. */
  #add<T extends Family>(family: T): T {
    const before = this.#families.findIndex(({ name }) => name === family.name);
    if (before >= 0) this.#families[before] = family;
    else this.#families.push(family);
    return family;
  }
}
