import { expect, it } from 'vitest';
import { AnswerClasses, FIRST_BUCKET, MORE_OFTEN } from './answer-classes.js';

it('the first fifteen classes have a trait each, and the others one of sixteen by a hash', () => {
  const classes = new AnswerClasses();
  const traits = Array.from({ length: 200 }, (_, index) => classes.observe('stable', `class ${index}`));
  expect(traits.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, index) => [index]));
  const buckets = new Set(traits.slice(15).flat());
  expect([Math.min(...buckets), Math.max(...buckets), buckets.size]).toEqual([FIRST_BUCKET, MORE_OFTEN - 1, 16]);
  expect(classes.observe('canary', 'class 100')).toEqual(traits[100]);
});

it('a class that canary gives more often is one, but from the next block on', () => {
  const classes = new AnswerClasses();
  for (let count = 0; count < 10; count++) {
    classes.observe('stable', 'cat');
    expect(classes.observe('canary', 'dog')).toEqual([1]);
  }
  classes.settle();
  expect([classes.observe('stable', 'dog'), classes.observe('canary', 'cat')]).toEqual([[1, MORE_OFTEN], [0]]);
});

it('the number of classes is known about, and shares are kept when counts grow large', () => {
  const classes = new AnswerClasses();
  for (let index = 0; index < 1_000; index++) classes.observe('stable', `class ${index}`);
  classes.settle();
  expect(Math.abs(classes.size - 1_000)).toBeLessThan(150);
  for (let block = 0; block < 20; block++) {
    for (let count = 0; count < 4_000; count++) classes.observe(count % 2 === 0 ? 'stable' : 'canary', 'often');
    classes.settle();
  }
  const restored = new AnswerClasses(JSON.parse(JSON.stringify(classes.snapshot())));
  expect(restored.snapshot()).toEqual(classes.snapshot());
  expect(restored.observe('stable', 'often')).toEqual(classes.observe('stable', 'often'));
});
