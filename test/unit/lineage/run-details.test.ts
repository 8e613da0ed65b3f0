import { runStarted, stepFinished } from './story.js';
import { withOwner } from './support.js';

it('a run has its steps in the order of its pipeline, whichever was on record first, and others after them', async () => {
  await withOwner(async (client) => {
    const start = { ...runStarted('r', '2001-02-01'), specification: { steps: { raw: {}, rules: {}, report: {} } } };
    const ends = ['other', 'report', 'raw', 'rules'].map((step) => stepFinished('r', step, 'command', []));
    await client.record([start, ...ends]);
    expect((await client.run('r')).steps.map(({ step }) => step)).toEqual(['raw', 'rules', 'report', 'other']);
    // Of a workflow of one’s own.
    await client.record([{ ...runStarted('s', '2001-02-01'), specification: { workflow: 'own' } }]);
    await client.record(['b', 'a'].map((step) => stepFinished('s', step, 'command', [])));
    expect((await client.run('s')).steps.map(({ step }) => step)).toEqual(['b', 'a']);
  });
});
