import { expect } from 'chai';
import { queryFlag } from '../../src/apimachinery/query-flag.ts';

describe('queryFlag', () => {
  for (const value of ['true', 'True', 'TRUE', '1', '', 'yes', 't']) {
    it(`takes "${value}" for true`, () => expect(queryFlag(value)).to.equal(true));
  }
  for (const value of ['false', 'False', '0', null, undefined]) {
    it(`takes ${value} for false`, () => expect(queryFlag(value)).to.equal(false));
  }
});
