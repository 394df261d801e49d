// The measurements that Vitalseal knows by their IEEE 11073-10101 name: reference id, 32-bit code (partition × 2^16 +
// term) and the usual UCUM unit. Only codes that two public sources, or one official example, agree on stand here:
// a wrong code is worse than none, since an unknown name is kept as it is.

/** [reference id, code, usual UCUM unit] */
type Row = readonly [refid: string, code: number, ucum: string];

const ROWS: readonly Row[] = [
  // heart and pulse
  ['MDC_ECG_HEART_RATE', 147842, '/min'],
  ['MDC_HF_HR', 8454258, '/min'],
  ['MDC_HF_ENERGY', 8454263, 'kJ'],
  ['MDC_PULS_OXIM_PULS_RATE', 149530, '/min'],
  ['MDC_PULS_RATE_NON_INV', 149546, '/min'],
  ['MDC_ECG_TIME_PD_RR_GL', 147240, 'ms'],
  ['MDC_ECG_ELEC_POTL', 131328, 'mV'],
  ['MDC_ECG_ELEC_POTL_I', 131329, 'mV'],
  ['MDC_ECG_ELEC_POTL_II', 131330, 'mV'],
  ['MDC_ECG_ELEC_POTL_III', 131389, 'mV'],
  // oxygen
  ['MDC_PULS_OXIM_SAT_O2', 150456, '%'],
  ['MDC_PULS_OXIM_PERF_REL', 150448, '%'],
  ['MDC_PULS_OXIM_PLETH', 150452, '1'],
  // temperature
  ['MDC_TEMP', 150344, 'Cel'],
  ['MDC_TEMP_BODY', 150364, 'Cel'],
  // blood pressure
  ['MDC_PRESS_BLD_NONINV', 150020, 'mm[Hg]'],
  ['MDC_PRESS_BLD_NONINV_SYS', 150021, 'mm[Hg]'],
  ['MDC_PRESS_BLD_NONINV_DIA', 150022, 'mm[Hg]'],
  ['MDC_PRESS_BLD_NONINV_MEAN', 150023, 'mm[Hg]'],
  ['MDC_PRESS_BLD_ART_ABP_SYS', 150037, 'mm[Hg]'],
  ['MDC_PRESS_BLD_ART_ABP_DIA', 150038, 'mm[Hg]'],
  ['MDC_PRESS_BLD_ART_ABP_MEAN', 150039, 'mm[Hg]'],
  // glucose
  ['MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD', 160184, 'mg/dL'],
  ['MDC_CONC_GLU_CAPILLARY_PLASMA', 160188, 'mg/dL'],
  ['MDC_CONC_GLU_VENOUS_WHOLEBLOOD', 160192, 'mg/dL'],
  ['MDC_CONC_GLU_VENOUS_PLASMA', 160196, 'mg/dL'],
  ['MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD', 160200, 'mg/dL'],
  ['MDC_CONC_GLU_ARTERIAL_PLASMA', 160204, 'mg/dL'],
  ['MDC_CONC_GLU_CONTROL', 160208, 'mg/dL'],
  ['MDC_CONC_GLU_ISF', 160212, 'mg/dL'],
  ['MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD', 160364, 'mg/dL'],
  ['MDC_CONC_GLU_UNDETERMINED_PLASMA', 160368, 'mg/dL'],
  ['MDC_CONC_HBA1C', 160220, '%'],
  // what a glucose meter says beside a glucose, or in place of one
  ['MDC_GLU_METER_DEV_STATUS', 8417752, ''],
  ['MDC_CTXT_GLU_EXERCISE', 8417760, '%'],
  ['MDC_CTXT_GLU_CARB', 8417764, 'g'],
  ['MDC_CTXT_MEDICATION', 8417796, ''],
  ['MDC_CTXT_GLU_HEALTH', 8417820, ''],
  ['MDC_CTXT_GLU_MEAL', 8417864, ''],
  ['MDC_CTXT_GLU_TESTER', 8417884, ''],
  // body
  ['MDC_MASS_BODY_ACTUAL', 188736, 'kg'],
  ['MDC_LEN_BODY_ACTUAL', 188740, 'cm'],
  ['MDC_BODY_FAT', 188748, '%'],
  ['MDC_RATIO_MASS_BODY_LEN_SQ', 188752, 'kg/m2'],
  ['MDC_MASS_BODY_FAT_FREE', 188756, 'kg'],
  ['MDC_MASS_BODY_SOFT_LEAN', 188760, 'kg'],
  ['MDC_BODY_WATER', 188764, 'kg'],
  // breathing
  ['MDC_RESP_RATE', 151562, '/min'],
  ['MDC_CONC_AWAY_CO2_ET', 151708, 'mm[Hg]'],
  ['MDC_CONC_AWAY_O2_INSP', 152196, '%'],
  ['MDC_VENT_RESP_RATE', 151586, '/min'],
  ['MDC_VENT_PRESS_AWAY_MAX', 151973, 'cm[H2O]'],
  ['MDC_VENT_PRESS_AWAY_END_EXP_POS', 151976, 'cm[H2O]'],
  ['MDC_VENT_VOL_TIDAL', 151980, 'mL'],
  ['MDC_VENT_VOL_MINUTE_INSP', 152004, 'L/min'],
  ['MDC_VENT_VOL_TIDAL_SETTING', 16929196, 'mL'],
  ['MDC_VENT_TIME_PD_INSP_SETTING', 16929632, 's'],
  // infusion
  ['MDC_FLOW_FLUID_PUMP', 157784, 'mL/h'],
  ['MDC_VOL_FLUID_DELIV', 157864, 'mL'],
  ['MDC_VOL_FLUID_TBI_REMAIN', 157872, 'mL'],
  ['MDC_VOL_FLUID_TBI', 157884, 'mL'],
  ['MDC_RATE_DOSE', 157924, 'ug/kg/min'],
  ['MDC_PUMP_STAT', 184508, '1'],
  // the device itself
  ['MDC_ATTR_VAL_BATT_CHARGE', 67996, '%'],
];

/** A measurement of the table. */
export interface Term {
  readonly refid: string;
  readonly mdc: number;
  /** The unit that it is usually given in; never assumed for a reading that names none. */
  readonly ucum: string;
}

const TERMS: readonly Term[] = ROWS.map(([refid, mdc, ucum]) => ({ refid, mdc, ucum }));
const BY_REFID = new Map(TERMS.map((term) => [term.refid, term]));
const BY_CODE = new Map(TERMS.map((term) => [term.mdc, term]));

/** The term of a reference id; null when the table does not know it. */
export function termOfRefid(refid: string): Term | null {
  return BY_REFID.get(refid) ?? null;
}

/** The term of a 32-bit code; null when the table does not know it. */
export function termOfCode(code: number): Term | null {
  return BY_CODE.get(code) ?? null;
}

/** Every term, in the order of the table. */
export function allTerms(): readonly Term[] {
  return TERMS;
}
