import { expect } from 'chai';
import { cronJob } from '../../../src/api/batch-v1/cron-job.ts';
import { countIndexes } from '../../../src/api/batch-v1/job-indexes.ts';
import { job } from '../../../src/api/batch-v1/job.ts';
import { created, createErrors, updateErrors } from '../kind-cases.ts';

const pods = { spec: { containers: [{ name: 'a', image: 'a' }], restartPolicy: 'Never' } };
const rule = { action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2] } };

describe('the rules of jobs', () => {
  const cases: [what: string, spec: object, ...errors: string[]][] = [
    ['nothing wrong', {}],
    [
      'negative counts, all of them',
      { parallelism: -1, backoffLimit: -2, ttlSecondsAfterFinished: -3 },
      'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
      'spec.backoffLimit: Invalid value: -2: must be greater than or equal to 0',
      'spec.ttlSecondsAfterFinished: Invalid value: -3: must be greater than or equal to 0',
    ],
    [
      'indexes without a count',
      { completionMode: 'Indexed', parallelism: 1 },
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      'too many at once',
      { completionMode: 'Indexed', completions: 1, parallelism: 100_001 },
      'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
    ],
    [
      'another mode',
      { completionMode: 'Some' },
      'spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", "Indexed"',
    ],
    [
      'a limit for indexes without them',
      { backoffLimitPerIndex: 1 },
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
    [
      'failed indexes without a limit',
      { completionMode: 'Indexed', completions: 3, maxFailedIndexes: 1 },
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
    ],
    [
      'more failed indexes than there are',
      { completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 4 },
      'spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions',
    ],
    [
      'a manager without a domain',
      { managedBy: 'me' },
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      'pods that restart',
      { template: { spec: { ...pods.spec, restartPolicy: 'Always' } } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    ['a failure policy', { podFailurePolicy: { rules: [rule] } }],
    [
      'rules about nothing and about everything',
      { podFailurePolicy: { rules: [{ action: 'Count' }, { ...rule, onPodConditions: [{ type: 'X' }] }] } },
      'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      'spec.podFailurePolicy.rules[1]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported',
    ],
    [
      'bad exit codes',
      {
        podFailurePolicy: {
          rules: [{ action: 'Stop', onExitCodes: { operator: 'In', values: [0, 3, 3, 1], containerName: 'z' } }],
        },
      },
      'spec.podFailurePolicy.rules[0].action: Unsupported value: "Stop": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "z": must be one of the container or initContainer names in the pod template',
      'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
      'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3',
      'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [0,3,3,1]: must be ordered',
    ],
    [
      'an index to fail without a limit',
      { podFailurePolicy: { rules: [{ ...rule, action: 'FailIndex' }] } },
      'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
    ],
    [
      'a policy with pods that restart',
      {
        podFailurePolicy: { rules: [rule] },
        podReplacementPolicy: 'Failed',
        template: { spec: { ...pods.spec, restartPolicy: 'OnFailure' } },
      },
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
    [
      'a replacement that does not fit',
      { podFailurePolicy: { rules: [rule] }, podReplacementPolicy: 'TerminatingOrFailed' },
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
    [
      'success of nothing',
      { completionMode: 'Indexed', completions: 3, successPolicy: { rules: [{}] } },
      'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
    ],
    [
      'success of too many',
      {
        completionMode: 'Indexed',
        completions: 3,
        successPolicy: { rules: [{ succeededCount: 4, succeededIndexes: '0-1' }] },
      },
      'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)',
      'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
    ],
    [
      'labels that were to be generated',
      { template: { ...pods, metadata: { labels: { 'job-name': 'other' } } } },
      `spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"u-1","batch.kubernetes.io/job-name":"web","controller-uid":"u-1","job-name":"other"}: must be 'web'`,
    ],
  ];
  for (const [what, spec, ...errors] of cases) {
    it(`know of ${what}`, () => expect(createErrors(job, { spec: { template: pods, ...spec } })).to.deep.equal(errors));
  }

  it('generate the selector', () => {
    const { spec } = created(job, { spec: { template: pods } });
    expect(spec.selector).to.deep.equal({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } });
  });
});

describe('changes of jobs', () => {
  const other = { spec: { ...pods.spec, containers: [{ name: 'a', image: 'b' }] } };
  const moved = { ...pods, metadata: { annotations: { a: 'b' } }, spec: { ...pods.spec, nodeSelector: { zone: 'a' } } };
  const immutable = (field: string) => new RegExp(`^${field}: Invalid value: .*: field is immutable$`);

  it('leave the pods alone', () => {
    const [error] = updateErrors(job, { spec: { template: pods } }, { spec: { template: other } });
    expect(error).to.match(immutable('spec.template'));
  });

  it('may say where pods go while the job is suspended', () => {
    const errors = (suspend: boolean) =>
      updateErrors(job, { spec: { template: pods, suspend } }, { spec: { template: moved, suspend: false } });
    expect(errors(true)).to.deep.equal([]);
    expect(errors(false)).to.have.length(1);
  });

  it('keep the number of completions, unless there are indexes', () => {
    const spec = { template: pods, completions: 2, parallelism: 2 };
    expect(updateErrors(job, { spec }, { spec: { ...spec, completions: 3 } })[0]).to.match(
      immutable('spec.completions'),
    );
    const indexed = { ...spec, completionMode: 'Indexed' };
    expect(
      updateErrors(job, { spec: indexed }, { spec: { ...indexed, completions: 3, parallelism: 3 } }),
    ).to.deep.equal([]);
    expect(updateErrors(job, { spec: indexed }, { spec: { ...indexed, completions: 3 } })).to.deep.equal([
      'spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism',
    ]);
  });
});

describe('the status of a job', () => {
  const status = job.subresources.find((s) => s.name === 'status')!;
  const errors = (before: object, after: object, spec: object = {}) => {
    const base = created(job, { spec: { template: pods, ...spec } });
    return status.validate!({ ...base, status: after }, { ...base, status: before }).map(
      (e) => `${e.field}: ${e.message}`,
    );
  };
  const complete = [
    { type: 'SuccessCriteriaMet', status: 'True' },
    { type: 'Complete', status: 'True' },
  ];
  const [start, end] = ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'];

  it('may become complete', () => {
    expect(errors({ startTime: start }, { startTime: start, completionTime: end, conditions: complete })).to.deep.equal(
      [],
    );
  });

  it('is not complete without times, nor with pods that run', () => {
    expect(errors({}, { active: 1, conditions: complete })).to.deep.equal([
      'status.startTime: Required value: startTime is required for finished job',
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.completionTime: Required value: completionTime is required for Complete jobs',
    ]);
  });

  it('says why before it ends', () => {
    const failed = { startTime: start, conditions: [{ type: 'Failed', status: 'True' }] };
    expect(errors({ startTime: start }, failed)).to.deep.equal([
      'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
    ]);
  });

  it('never takes back the end', () => {
    const done = { startTime: start, completionTime: end, conditions: complete };
    expect(errors(done, { ...done, conditions: [complete[0]] })[0]).to.equal(
      'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
    );
  });

  it('has indexes only if the job has', () => {
    expect(errors({}, { completedIndexes: '0' })[0]).to.contain('when non-indexed completion mode');
    expect(errors({}, { completedIndexes: '1,0' }, { completionMode: 'Indexed', completions: 2 })[0]).to.contain(
      'non-increasing',
    );
  });
});

describe('indexes as text', () => {
  const cases: [string, number | RegExp][] = [
    ['', 0],
    ['0', 1],
    ['0-2,4', 4],
    ['3', /too large/],
    ['a', /cannot convert/],
    ['1-2-3', /two parts/],
  ];
  for (const [text, expected] of cases) {
    it(`count ${JSON.stringify(text)}`, () => {
      const counted = countIndexes(text, text === '3' ? 3 : 9);
      if (expected instanceof RegExp) expect(counted).to.match(expected);
      else expect(counted).to.equal(expected);
    });
  }
});

describe('the rules of cron jobs', () => {
  const base = { schedule: '* * * * *', jobTemplate: { spec: { template: pods } } };
  const cases: [what: string, spec: object, ...errors: string[]][] = [
    ['nothing wrong', { timeZone: 'Europe/Paris' }],
    ...['Etc/GMT+5', 'UTC', 'US/Pacific', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires'].map(
      (timeZone): [string, object] => [`the zone ${timeZone}`, { timeZone }],
    ),
    ...['europe/paris', '+01:00', 'utc'].map((timeZone): [string, object, string] => [
      `the zone ${timeZone}`,
      { timeZone },
      `spec.timeZone: Invalid value: "${timeZone}": unknown time zone ${timeZone}`,
    ]),
    ['no schedule', { schedule: '' }, 'spec.schedule: Required value'],
    [
      'words in it',
      { schedule: 'a * * * *' },
      'spec.schedule: Invalid value: "a * * * *": failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax',
    ],
    [
      'a zone in it',
      { schedule: 'TZ=UTC * * * * *' },
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    [
      'no such zone',
      { timeZone: 'Mars/North' },
      'spec.timeZone: Invalid value: "Mars/North": unknown time zone Mars/North',
    ],
    [
      'the zone here',
      { timeZone: 'Local' },
      'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    ['an empty zone', { timeZone: '' }, 'spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
    [
      'another policy',
      { concurrencyPolicy: 'Queue' },
      'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      'a selector',
      { jobTemplate: { spec: { template: pods, selector: { matchLabels: { a: 'b' } }, manualSelector: true } } },
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
  ];
  for (const [what, spec, ...errors] of cases) {
    it(`know of ${what}`, () => expect(createErrors(cronJob, { spec: { ...base, ...spec } })).to.deep.equal(errors));
  }

  it('know of names that are too long, of new ones', () => {
    const fields = { metadata: { name: 'n'.repeat(53) }, spec: base };
    expect(createErrors(cronJob, fields)[0]).to.contain('must be no more than 52 characters');
    expect(cronJob.validate!(created(cronJob, fields), created(cronJob, fields))).to.deep.equal([]);
  });

  it('let an old schedule keep its zone, and say so', () => {
    const old = created(cronJob, { spec: { ...base, schedule: 'TZ=UTC * * * * *' } });
    expect(cronJob.validate!(old, old)).to.deep.equal([]);
    expect(cronJob.warnings!(old, old)).to.have.length(1);
  });
});
