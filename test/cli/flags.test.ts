import { expect } from 'chai';
import { describeFlags, parseFlags, UsageError, type Flag } from '../../src/cli/flags.ts';

const flags: Flag[] = [
  { name: 'output', short: 'o', type: 'string', help: 'format' },
  { name: 'watch', short: 'w', type: 'boolean', default: false, help: 'watch' },
  { name: 'port', type: 'integer', default: 6443, help: 'port' },
];

describe('parseFlags', () => {
  const good: [string[], object, string[]][] = [
    [[], { output: undefined, watch: false, port: 6443 }, []],
    [['--output', 'yaml'], { output: 'yaml' }, []],
    [['--output=yaml'], { output: 'yaml' }, []],
    [['--output='], { output: '' }, []],
    [['--output=a=b'], { output: 'a=b' }, []],
    [['-o', 'yaml'], { output: 'yaml' }, []],
    [['-oyaml'], { output: 'yaml' }, []],
    [['-o=yaml'], { output: 'yaml' }, []],
    [['-w'], { watch: true }, []],
    [['--watch'], { watch: true }, []],
    [['--watch=false'], { watch: false }, []],
    [['--watch', 'false'], { watch: true }, ['false']],
    [['a', '--port', '1', 'b'], { port: 1 }, ['a', 'b']],
    [['--', '--port', '1'], { port: 6443 }, ['--port', '1']],
    [['--output', '--watch'], { output: '--watch', watch: false }, []],
    [['-'], {}, ['-']],
  ];
  for (const [args, values, positional] of good) {
    it(`reads ${JSON.stringify(args)}`, () => {
      const parsed = parseFlags(flags, args);
      expect({ ...parsed.flags }).to.include(values);
      expect(parsed.positional).to.deep.equal(positional);
    });
  }

  const bad: [string[], string][] = [
    [['--nope'], 'unknown flag: --nope'],
    [['--__proto__=1'], 'unknown flag: --__proto__'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['--output'], 'flag needs an argument: --output'],
    [['--port', 'x'], 'invalid argument "x" for "--port" flag: not a whole number'],
    [['--watch=maybe'], 'invalid argument "maybe" for "--watch" flag: not true or false'],
  ];
  for (const [args, message] of bad) {
    it(`refuses ${JSON.stringify(args)}`, () => {
      expect(() => parseFlags(flags, args)).to.throw(UsageError, message);
    });
  }
});

describe('describeFlags', () => {
  it('lists each flag with its shorthand, value and default', () => {
    expect(describeFlags(flags)).to.equal(
      ['  -o, --output TEXT   format', '  -w, --watch         watch', '      --port N        port (default 6443)'].join(
        '\n',
      ),
    );
  });
});
