import { expect } from 'chai';
import { MetricRegistry } from '../../src/base/metrics.ts';

describe('metrics', () => {
  it('are written as Prometheus reads them', () => {
    const registry = new MetricRegistry();
    const counter = registry.counter('x_total', 'Counts x.', ['a', 'b']);
    counter.labels('1', 'say "hi"\\\n').inc();
    counter.labels('1', 'say "hi"\\\n').inc(2);
    registry.gauge('level', 'The level.').labels().value = 2.5;
    registry.counter('never_total', 'Without samples.', ['a']);
    expect(registry.render()).to.equal(
      [
        '# HELP x_total Counts x.',
        '# TYPE x_total counter',
        'x_total{a="1",b="say \\"hi\\"\\\\\\n"} 3',
        '# HELP level The level.',
        '# TYPE level gauge',
        'level 2.5',
        '',
      ].join('\n'),
    );
  });

  it('of sizes count what is in each bucket and all smaller ones', () => {
    const registry = new MetricRegistry();
    const sizes = registry.histogram('s', 'Sizes.', ['a'], [1, 10]).labels('v');
    for (const value of [0.5, 1, 2, 100]) sizes.observe(value);
    expect(registry.render().split('\n').slice(2, -1)).to.deep.equal([
      's_bucket{a="v",le="1"} 2',
      's_bucket{a="v",le="10"} 3',
      's_bucket{a="v",le="+Inf"} 4',
      's_sum{a="v"} 103.5',
      's_count{a="v"} 4',
    ]);
  });
});
