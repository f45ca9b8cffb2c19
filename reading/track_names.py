"""What a track's name and program say of it: its role, its kind of instrument, whether it is drums or a bass.

Names are read as whole words, without accents, in English, German, French, Spanish, Italian and Portuguese: "Bright"
has no "right" in it. A role counts before an instrument ('Rhythm Guitar'), accompanying before leading ('Backing
Vocals'), and the name of a General MIDI program is an instrument's ('Lead 1 (square)', 'Voice Oohs').
"""

import re
import unicodedata
from functools import lru_cache

from music.instruments import program_in


def _words(text: str) -> re.Pattern:
    return re.compile(rf"\b(?:{'|'.join(text.split())})\b".replace("_", " "))


LEADS = _words(
    "melody melodies melodie melodia melodias mel melodielinie melodiestimme theme thema tema tune solos? lead leads "
    "leader solist soliste solista soloist vocals? vocalist voice vox voc sing singer sung assolo "
    "(?:haupt|ober|sing|gesangs|melodie|solo)?stimme (?:solo|lead)gitarre gesang voz voce voix chants? chanteu[rs]e? "
    "canto cantante cantor cantus lyrics"
)
MAY_LEAD = _words(
    "right(?:_hand)? r_?h treble upper top soprano sopran descant discant rechte(?:_hand)? rechts droite main_droite "
    "derecha mano_derecha destra mano_destra direita mao_direita"
)
ACCOMPANIES = _words(
    r"accomp\w* begleit\w* acompan\w* rhythms? rythm\w* rhythmus rhyth ritm\w* comp comping back(?:ing|ground|up)?s? "
    r"hintergrund\w* bg bgv bvox chords? akkorde? accords? acordes? accordi pads? harmon(?:y|ies?|ias?) "
    r"voices choirs? coros? chor choeurs? [oa]+hs? oos strum\w* arps? arpeg\w* ostinato drone counter\w* fills? riffs? "
    r"stabs? hits? loops? sequence sections? echo delay doubl\w* dub synth_(?:voice|vox|vocals?) orchestra l_?h lower "
    r"left(?:_hand)? linke(?:_hand)? links gauche main_gauche izquierda mano_izquierda sinistra mano_sinistra "
    r"esquerda mao_esquerda 2_?nd second 3_?rd third zweite"
)
# Names of General MIDI's programs with a role's word in them.
PROGRAM_NAMES = _words(
    r"lead_\d_(?:square|saw\w*|calliope|chiff|charang|voice|fifths?|bass(?:_and)?(?:_lead)?) "
    r"(?:square|saw|sawtooth|calliope|chiff|charang|voice|fifths?|bass_and)_lead"
)
BASS = _words(
    "(?:e|double|kontra|contra|slap|synth|string)?bass(?:gitarre|line)? upright basse contrebasse basso contrabbasso "
    "bajo contrabajo baixo contrabaixo"
)
NO_BASS = _words(r"bass_(?:and_)?(?:lead|drums?|clarinet|trombone|flute|sax\w*|trumpet|voice|oboe) upright_piano")
DRUMS = _words(
    r"drum\w* perc percus\w* perkussion schlag(?:zeug|werk) batteri[ae]s? bateria kit kicks? snares? cymbals? "
    r"hi_?hats? hats? hh ride crash toms? congas? bongos? tambourine shakers? maracas claves cowbell claps? click "
    r"clicktrack metronom\w* timbales cabasa guiro djembe cajon tabla beats? tambores rimshot sidestick"
)
# Instruments with pitches whose names have such a word, or stand beside one.
PITCHED = _words(
    r"steel(?:drums?|pans?)? org[aeu]\w* vib\w* marimba xylo\w* glock\w* celest\w* bells? timpani pauken kalimba "
    r"mallets? handpan piano guitar strings? tongue"
)
UNPITCHED_PROGRAMS = {113, *range(115, 128)}  # of General MIDI: agogo, woodblock, toms, cymbals, noises
BASS_PROGRAMS = {*range(32, 40), 43}
# Programs whose notes have pitches though the name may be 'Percussion': mallets, timpani, kalimba, bells, steel drums.
MALLETS = {*range(8, 16), 47, 108, 112, 114}

# General MIDI's programs by what they are likely to play; keys, guitars, strings and organs play anything.
KINDS = {
    "bass": BASS_PROGRAMS,
    "solo": {21, 22, 23, 40, 41, 42, 56, 57, 59, 60, *range(64, 88), 109, 110, 111},
    "pad": range(88, 104),
}


@lru_cache(maxsize=1024)
def words_of(name: str) -> str:
    """A name as plain words: 'LeadGuitar_2' -> 'lead guitar 2', 'Mélodie (R.H.)' -> 'melodie r h'."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower()))


def role_of(name: str) -> str:
    """What a name says of a track's role: 'accompanies', 'leads', 'may lead' or ''."""
    words = PROGRAM_NAMES.sub("", words_of(name))
    roles = (("accompanies", ACCOMPANIES), ("leads", LEADS), ("may lead", MAY_LEAD))
    return next((role for role, pattern in roles if pattern.search(words)), "")


def kind_of(name: str, programs: tuple[int, ...]) -> str:
    """The kind of instrument, by the name of one, else by its General MIDI programs; '' where nothing tells.

    A name counts first: many files leave every program at 0.
    """
    if names_bass(name):
        return "bass"
    program = program_in(name)
    if program is None and programs:
        program = programs[0]
    return next((kind for kind, members in KINDS.items() if program in members), "")


def is_meant(text: str, name: str, programs: tuple[int, ...]) -> float:
    """How much a text, 'Tenor solo', names the instrument that a track's name or programs tell: 1, 0.5 for one of its
    family, 0."""
    meant = program_in(text) if text else None
    if meant is None:
        return 0.0
    own = program_in(name)
    if own is None:
        own = programs[0] if programs else -1
    return 1.0 if meant == own else 0.5 * (meant // 8 == own // 8)


def names_bass(name: str) -> bool:
    """Whether a name is a bass's."""
    return bool(BASS.search(NO_BASS.sub("", words_of(name))))


def are_drums(name: str, programs: tuple[int, ...]) -> bool:
    """Whether name and General MIDI programs are those of something without pitches."""
    words = words_of(name)
    if programs and all(program in UNPITCHED_PROGRAMS for program in programs):
        return not LEADS.search(words)
    return bool(DRUMS.search(words)) and not PITCHED.search(words) and not MALLETS & {*programs}
