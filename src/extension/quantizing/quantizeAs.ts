/**
 * A command for pages alone, which the palette does not offer: quantizes a model (a Uri) by given options
 * (Partial<QuantizeOptions>), shown on the model's own page.
 */
export const QUANTIZE_AS = 'caliper.quantizeAs';
