/** Words of other tools for the values of fields, by the word here; written as in lower case without signs. */
const VALUES: Readonly<Record<string, string>> = {
  psi: 'populationstabilityindex',
  js: 'jensenshannon jensenshannondistance jensenshannondivergence jsd jsdistance jsdivergence',
  ks: 'kolmogorovsmirnov kolmogorov kstest kspvalue ks2samp',
  wasserstein: 'wassersteindistance wassersteindistancenormed emd earthmover earthmoversdistance swd semd',
  chi2: 'chisquare chisquared chisq chi2test cramersv cramerv',
  linf: 'linfinity linfty infinitynorm linfinitynorm',
  hellinger: 'hellingerdistance',
  mean: 'avg average',
  min: 'minimum',
  max: 'maximum',
  median: 'p50',
  stddev: 'std stdev standarddeviation sd',
  variance: 'var',
  quantile: 'percentile approxquantile exactquantile',
  sum: 'total',
  info: 'information notice',
  warn: 'warning',
  error: 'fail failure',
  block: 'critical blocker fatal',
  zscore: 'sigma stddev stdev',
  iqr: 'interquartilerange tukey',
  batch_normal: 'batchnormalstrategy normal zscore sigma standarddeviation',
  online_normal: 'onlinenormalstrategy',
  holt_winters: 'exponentialsmoothing tripleexponentialsmoothing',
  rate_of_change: 'relativerateofchange relativerateofchangestrategy',
  mad: 'medianabsolutedeviation modifiedzscore',
  seasonal: 'seasonality dayofweek hourofday hourofweek',
  datetime: 'iso8601 rfc3339 timestamp dateiso8601',
  ipv4: 'ip ipaddress',
  url: 'uri',
  credit_card: 'creditcard creditcardnumber card',
  ssn: 'socialsecuritynumber usssn',
  email: 'emailaddress mail',
  phone: 'phonenumber telephone',
  iban: 'ibancode bankaccount',
};

const OPERATORS: Readonly<Record<string, string>> = {
  ...{ '<': 'lt', '<=': 'le', '=': 'eq', '==': 'eq', '!=': 'ne', '<>': 'ne', '>=': 'ge', '>': 'gt' },
  ...{
    lte: 'le',
    gte: 'ge',
    neq: 'ne',
    less_than: 'lt',
    greater_than: 'gt',
    equal: 'eq',
    equals: 'eq',
    not_equal: 'ne',
  },
};

/** What a value that another tool has is called here, if it is one of those that are known at its place. */
export function valueOfOtherTool(value: string, known: readonly string[]): string | undefined {
  const operator = OPERATORS[value.toLowerCase()];
  if (operator !== undefined && known.includes(operator)) return operator;
  const plain = value.toLowerCase().replace(/[^a-z0-9]/g, '');
  return known.find((here) => VALUES[here]?.split(' ').includes(plain));
}
