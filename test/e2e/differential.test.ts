import { expect } from 'chai';
import { corpus } from './differential/corpus/index.ts';
import { intended } from './differential/differences.ts';
import { differences, type Outcome } from './differential/outcome.ts';
import { startOwnServer } from './differential/own-server.ts';
import { readRecorded } from './differential/recorded.ts';
import { run } from './differential/run.ts';
import { disconnect, referenceScenario, type Server } from './differential/server.ts';

const { COXSWAIN_REFERENCE_URL: url, COXSWAIN_REFERENCE_TOKEN: token = '' } = process.env;

/**
 * The same requests to this server and to upstream's (1.20): the same status, reason, causes and objects after
 * defaulting, but for what `differences.ts` lists. Upstream's side is asked live where COXSWAIN_REFERENCE_URL and
 * COXSWAIN_REFERENCE_TOKEN name one, and else taken from what it said before (`differential/recorded.json`).
 */
describe('beside upstream', function () {
  this.timeout(120_000);
  const recorded = readRecorded();
  const used = new Set<RegExp>();
  let own: Server & { stop(): Promise<void> };

  before(async () => {
    own = await startOwnServer();
  });

  after(async () => {
    disconnect();
    await own?.stop();
  });

  for (const scenario of corpus) {
    describe(scenario.name, () => {
      let ours: ReadonlyMap<string, Outcome>;
      let theirs: ReadonlyMap<string, Outcome>;

      before(async () => {
        ours = await run(own, scenario);
        theirs = url
          ? await run({ url, token }, referenceScenario(scenario))
          : new Map(Object.entries(recorded[scenario.name]!));
      });

      for (const { name, quiet } of scenario.steps) {
        if (quiet) continue;
        it(name, () => {
          const found = differences(ours.get(name), theirs.get(name)).filter((difference) => {
            const place = `${scenario.name}: ${name}: ${difference.at}`;
            const meant = intended.find((i) => i.where.test(place) && (i.when?.(difference) ?? true));
            if (meant) used.add(meant.where);
            return !meant;
          });
          expect(found).to.deep.equal([]);
        });
      }
    });
  }

  // Nested, so that it comes last.
  describe('the list of differences', () => {
    it('holds none that is gone', () => {
      expect(intended.filter((i) => !used.has(i.where)).map((i) => `${i.where.source}: ${i.why}`)).to.deep.equal([]);
    });
  });
});
