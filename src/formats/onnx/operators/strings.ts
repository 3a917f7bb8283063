import { broadcastShapes } from '../../broadcast';
import { tensor } from '../../value';
import { intsAttribute, stringAttribute, stringsAttribute } from '../attributes';
import { input, type Operators } from './operator';

/** Texts, which have no fixed width: their bytes are not known. */
export const strings: Operators = {
  StringConcat: {
    infer: (context) => [
      tensor('string', broadcastShapes([input(context, 0).shape, input(context, 1).shape])),
    ],
  },
  /** The parts of each text, filled up to the most that one has, and their numbers. */
  StringSplit: {
    infer(context) {
      const { shape } = input(context, 0);
      return [tensor('string', shape && [...shape, null]), tensor('int64', shape)];
    },
  },
  RegexFullMatch: { infer: (context) => [tensor('bool', input(context, 0).shape)] },
  /** Takes [C] or [1, C] and leaves out some words. */
  StringNormalizer: {
    infer(context) {
      const { shape } = input(context, 0);
      const drops = (stringsAttribute(context.node, 'stopwords') ?? []).length > 0;
      return [tensor('string', drops && shape ? [...shape.slice(0, -1), null] : shape)];
    },
  },
  /** Counts of word sequences, [C] to [max] or [N, C] to [N, max]. */
  TfIdfVectorizer: {
    infer(context) {
      const { shape } = input(context, 0);
      const places = intsAttribute(context.node, 'ngram_indexes') ?? [];
      const width = places.reduce((most, place) => Math.max(most, place + 1), 0);
      return [tensor('float32', shape && [...shape.slice(0, -1), width])];
    },
  },
  /** How large the image is stands in its own bytes. */
  ImageDecoder: {
    infer: (context) => [
      tensor('uint8', [
        null,
        null,
        stringAttribute(context.node, 'pixel_format', 'RGB') === 'Grayscale' ? 1 : 3,
      ]),
    ],
  },
};
