"""Italian. Data only; what each field means stands in `core.redact.lexicon`.

Off unless a language tag asks for it ("it-IT"). Sources: the Accademia della Crusca on numbers in letters (below a
thousand one word; tens lose their vowel before "uno" and "otto"); the words of call centres are the authors' own.
"""

from itertools import product
from typing import Final

from captiond.core.redact.table import Table

_UNITS: Final = ("uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove")
_TEENS: Final = (
    "dieci", "undici", "dodici", "tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto",
    "diciannove",
)  # fmt: skip
_TENS: Final = ("venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta")


def _below_hundred() -> dict[str, int]:
    """ "ventuno", "ventun", "ventotto", "trentatré" and what else is one word from 21 to 99."""
    words: dict[str, int] = {}
    for (tens, stem), (unit, word) in product(enumerate(_TENS, 2), enumerate(_UNITS, 1)):
        value = tens * 10 + unit
        whole = (stem[:-1] if word[0] in "uo" else stem) + word
        words[whole] = value
        if word == "uno":
            words[whole[:-1]] = words[whole[:-1] + "a"] = value  # "ventun euro", "ventuna"
        elif word == "tre":
            words[whole[:-1] + "é"] = words[whole[:-1] + "è"] = value
    return words


def _compounds() -> dict[str, str]:
    """All that is one word up to 999: "trecentoventotto" is how the first digits of a mobile number are said."""
    below = _below_hundred()
    small = {**dict(zip(_UNITS, range(1, 10), strict=True)), **dict(zip(_TEENS, range(10, 20), strict=True))}
    small |= {**dict(zip(_TENS, range(20, 100, 10), strict=True)), **below, "tré": 3}
    words = {word: str(value) for word, value in below.items()}
    for hundreds, head in enumerate(("", *_UNITS[1:]), 1):
        if head:
            words[f"{head}cento"] = str(hundreds * 100)
        for word, value in small.items():
            words[f"{head}cento{word}"] = str(hundreds * 100 + value)
            if word[0] == "o":
                words[f"{head}cent{word}"] = str(hundreds * 100 + value)  # "centotto", "centottanta"
    return words


def _years() -> dict[str, str]:
    """ "millenovecentottanta", "duemilaventisei": the years in which people alive were born."""
    small = {word: int(digits) for word, digits in _compounds().items() if len(digits) <= 2}
    small |= {**dict(zip(_UNITS, range(1, 10), strict=True)), **dict(zip(_TEENS, range(10, 20), strict=True))}
    small |= dict(zip(_TENS, range(20, 100, 10), strict=True))
    words = {"millenovecento": "1900", "duemila": "2000"}
    for word, value in small.items():
        words[f"millenovecento{word}"] = str(1900 + value)
        words[f"duemila{word}"] = str(2000 + value)
        if word[0] == "o":
            words[f"millenovecent{word}"] = str(1900 + value)
    return words


ITALIAN = Table(
    digits="zero:0 uno:1 due:2 tre:3 tré:3 quattro:4 cinque:5 sei:6 sette:7 otto:8 nove:9",
    teens=(
        "dieci:10 undici:11 dodici:12 tredici:13 quattordici:14 quattordeci:14 quindici:15 sedici:16 diciassette:17 "
        "diciasette:17 diciotto:18 diciannove:19 dicianove:19"
    ),
    tens="venti:20 trenta:30 quaranta:40 cinquanta:50 sessanta:60 settanta:70 ottanta:80 novanta:90",
    compounds=_compounds(),
    scales="cento:2 mila:3 mille:3 milione:6 milioni:6 miliardo:9 miliardi:9",
    multiples="doppio:2 doppia:2 triplo:3 tripla:3 quadruplo:4",
    articles="un:1 una:1",
    copulas="è sono sarebbe era il",
    misheard=(
        "zeri:0 zerò:0 tue:2 bue:2 duè:2 tra:3 trè:3 tree:3 quatro:4 cuatro:4 quattri:4 cinqui:5 cinqe:5 chinque:5 "
        "stei:6 setti:7 sete:7 oto:8 otta:8 otte:8 nova:9 novi:9 neve:9"
    ),
    fillers="è ehm eh em uhm um mmm mm beh ah e quindi allora dunque poi ecco cioè insomma virgola",
    interjections=(
        "un attimo;un attimino;un momento;un momentino;un secondo;un istante;attenda;attenda un attimo;aspetti;"
        "aspetta;aspetti un attimo;mi scusi;scusi;scusa;scusami;vediamo;vediamo un po';fammi vedere;mi faccia vedere;"
        "faccia vedere;mi lasci vedere;mi lasci controllare;controllo;guardo;dov'è;va bene;sì;si;no;grazie;prego;"
        "per favore;per cortesia;per piacere;esatto;certo;d'accordo;diciamo;credo;mi pare;non so;di nuovo;ancora;"
        "è;sarebbe;ho detto;dicevo;come dire;abbia pazienza"
    ),
    waits=(
        "un attimo;un attimino;un momento;un momentino;un secondo;un istante;attenda;attenda un attimo;aspetti;"
        "aspetta;aspetti un attimo;mi scusi;scusi;scusa;scusami;vediamo;vediamo un po';fammi vedere;"
        "mi faccia vedere;faccia vedere;mi lasci vedere;mi lasci controllare;controllo;guardo;dov'è;per favore;"
        "abbia pazienza"
    ),
    acknowledgements=(
        "sì si certo certamente sicuro va bene benissimo grazie prego perfetto un una attimo attimino momento "
        "momentino secondo istante aspetti attenda vediamo eh ehm ah pronto buongiorno buonasera salve d'accordo ok "
        "okay no già esatto ecco capito capisco ho senz'altro volentieri molto mille per favore cortesia piacere "
        "scusi mi controllo guardo dica pure mhm"
    ),
    at="chiocciola chiocciolina @ at",
    dot="punto dot",
    joins="trattino lineetta underscore sottolineato sottolineatura meno",
    introduces="è sarebbe",
    particles="di de del della dei la lo li van von",
    asides="tutto attaccato minuscolo maiuscolo minuscola maiuscola staccato unito scritto senza spazi",
    spellers="come",
    silent="trattino lineetta barra punto virgola spazio meno slash basso sottolineato",
    plus="più piu",
    cues={
        "CC": (
            "carta;carte;carta di credito;carta di debito;carta prepagata;numero di carta;numero carta;"
            "numero della carta;numero della sua carta;bancomat;postepay;visa;mastercard;amex;american express"
        ),
        "CVV": (
            "cvv;cvc;cvv2;codice di sicurezza;codice sicurezza;codice di verifica;codice di controllo;"
            "codice della carta;tre cifre;quattro cifre;ultime tre cifre;numero sul retro;codice sul retro;sul retro;"
            "retro della carta;dietro la carta"
        ),
        "SSN": "ssn;social security",
        "PHONE": (
            "telefono;telefoni;cellulare;cellulari;telefonino;numero di telefono;numero di cellulare;fisso;recapito;"
            "recapiti;recapito telefonico;numero telefonico;mi chiami al;mi chiami allo;chiamarmi al;chiamarmi allo;"
            "mi richiami al;richiamarmi al;richiamarla al;chiamarla al;chiamare al;chiamate al;mi trova al;"
            "contattarmi al;contattarla al;raggiungermi al;rispondo al;il mio numero;mio numero è;il suo numero;"
            "suo numero è;whatsapp;fax"
        ),
        "IBAN": "iban;dell'iban;all'iban;sull'iban;nell'iban;dell’iban;sull’iban;coordinate bancarie;coordinate",
        "PIN": (
            "pin;codice pin;codice segreto;numero segreto;codice di accesso;codice accesso;codice ricevuto;codice sms;"
            "codice di conferma;codice otp;otp;codice monouso"
        ),
        "EMAIL": (
            "mail;mails;email;e-mail;dell'email;sull'email;all'email;dell'e-mail;all'e-mail;mail è;email è;e-mail è;"
            "posta elettronica;indirizzo mail;indirizzo email;indirizzo e-mail;indirizzo di posta;pec;indirizzo pec"
        ),
        "ACCOUNT": "conto;conto corrente;numero di conto;numero conto;numero del conto;codice cliente",
        "DOB": "nascita;data di nascita;nato;nata;nati;nacqui;compleanno;anniversario",
        "NATIONAL_ID": (
            "codice fiscale;fiscale;documento;numero di documento;passaporto;patente;identità;carta identità;"
            "tessera sanitaria;partita iva"
        ),
    },
    postcodes="cap;codice postale;avviamento postale",
    keeps=(
        "ordine;ordini;dell'ordine;dell’ordine;all'ordine;sull'ordine;quest'ordine;numero ordine;numero di ordine;"
        "numero dell'ordine;ticket;numero di ticket;numero di pratica;numero pratica;la pratica;della pratica;"
        "sua pratica;numero di riferimento;codice di riferimento;il riferimento;riferimento è;numero del caso;"
        "segnalazione;numero di segnalazione;prenotazione;numero di prenotazione;codice di prenotazione;"
        "codice prenotazione;il volo;del volo;suo volo;mio volo;numero di volo;camera;stanza;"
        "versione;modello;numero di serie;spedizione;numero di spedizione;tracking;tracciamento;"
        "codice di tracciamento;pacco;numero del pacco;fattura;fatture;numero di fattura;numero della fattura;"
        "pagina;capitolo;autostrada;statale;uscita;numero civico;civico;interno;scala;edificio;numero di sinistro;"
        "del sinistro;preventivo;numero di preventivo;articolo;dell'articolo;codice articolo;treno;binario;carrozza;"
        "numero di posto;test;contratto;numero di contratto;polizza;numero di polizza;numero cliente;codice errore;"
        "codice di errore;errore numero;bolletta;numero di lotto;codice sconto;buono sconto;scontrino;protocollo;"
        "numero di protocollo;in via;di via;viale;piazza;gate;autobus;imbarco;fedeltà;lettura del contatore"
    ),
    endings="ultime quattro;ultimi quattro;ultime 4;ultime cifre;quattro ultime;finisce con;termina con;finisce per",
    months=(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre gen feb mar "
        "apr mag giu lug ago"
    ),  # not "set", "ott", "nov", "dic": half of "sette", "otto", "nove", "dieci" while they are heard
    clock_words="h ora ore am pm a.m p.m mattina mattino pomeriggio sera notte mezzogiorno mezzanotte",
    units=(
        "euro centesimo centesimi dollaro dollari sterlina sterline franco franchi percento per-cento unità "
        "pezzo pezzi articoli persona persone ospiti biglietti copie scatole confezioni bottiglie camere notti "
        "ordini volta volte minuto minuti secondo secondi ora ore giorno giorni settimana settimane mese mesi anno "
        "anni chilometro chilometri km metro metri centimetri chilo chili kg grammo grammi litro litri grado gradi "
        "giga mega gb mb stelle punti milione milioni mila mille miliardo miliardi eur usd"
    ),
    ordinals=(
        "primo prima secondo seconda terzo terza quarto quarta quinto quinta sesto sesta settimo settima ottavo "
        "ottava nono nona decimo decima"
    ),
    years=_years(),
    of="di del dell'anno",
    before_years="nel dal del dall'anno nell'anno anno fino prima dopo",
    before_times="dopo prima entro",
    at_times="alle dalle le verso ore",
    no_domains="il lo la gli le un una mio mia suo sua questo questa",
    ranges="a",
    pronouns="uno sei",
    times="volte",
    determiners=(
        "ci tu non se che chi dove come quando perché ma lo ne te ti già ancora qualche nessun ogni ciascun solo "
        "soltanto questo quello altro ad per con"
    ),
    common=(
        "a abbia abbiamo accordo adesso affatto agli ai aiutare aiutarla aiuto al alcun alcuni alla alle allo altra "
        "altre altri altro anch'io anche ancora andare andato anni anzi appena aprire arrivare arrivato aspettare "
        "aspetto attesa attivo avanti avere aveva avete avevo avrei avuto bambini basta bello bene bisogno bloccata "
        "bravo buon buona buonasera buongiorno buono c'è cambiare cambio capire capisco casa caso cerca cercare certo "
        "che chi chiama chiamare chiamato chiamo chiede chiedere ci ciao ciò cliente coi col come comincia comunque "
        "con conferma confermare contattare contro controllare controlliamo corretto corriere cosa così credo cui "
        "cura da dà dai dal dall' dalla dalle dallo dare dati dato davvero debbo deciso degli dei del dell' della "
        "delle dello dentro deve devo di dica dice dico dicono dietro dire diretto disposizione dobbiamo dopo dov'è "
        "dove dovrebbe dovrei due durante è ecco ed era erano errore essere fa faccia faccio far fare fatto fino "
        "finito forse fra funziona fuori già gli grande grazie grosso guardi guardo ha hai hanno ho i ieri il immagino "
        "importa in inconveniente indirizzo informazione informazioni inserire insieme intanto invece inviare invio "
        "io l' la là lascia lasciare lato lavoro le lei lettera lettere li lì linea lo loro lui ma maiuscola "
        "maiuscolo mai male mandare mandato mandi mando mano me meglio mentre mese messaggio mettere mi mia mie miei "
        "minuscola minuscolo mio modo molta molte molti molto momento moglie marito ne né neanche necessario nel nella "
        "nelle nemmeno nessun nessuno niente no noi nome nomi non nostra nostro nulla numeri numero nuova nuovo o "
        "occorre oggi ogni oltre oppure ora ordinare ordinato ottimo pagamento pagare pago parla parlare parlo "
        "parte pazienza peccato per perché perciò perfetto però persona più po' poco poi porta possiamo possibile "
        "posso posto potrebbe potrei può pratica prego prendere presso presto prima primo problema problemi prodotto "
        "pronto proprio prossima prossimo provare provi pure qua qual qualche qualcosa qualcuno quale quali "
        "quando quanti quanto quel quella quelle quelli quello questa queste questi questo qui quindi resta ricevere "
        "ricevuto richiesta ricordo ripeta ripeto risolvere risponde rispondo ritardo s'è sa salve sapere sarà "
        "sarebbe scorsa scorso scrive scrivere scrivo scriva scusi se sé segni segnalare segno segua seguente sembra "
        "sempre senta sente sentire sento senza sera servizio servono si sì sia siamo sicuramente sicuro siete "
        "signor signora signore simpatico so solo soltanto sono sopra sotto sta stamattina stare stata stati stato "
        "stesso sto su sua subito sue sui sul sulla sulle suo suoi tanta tante tanti tanto tardi te tempo ti "
        "trova trovare trovato tu tua tuo tutta tutte tutti tutto ufficio un' una usare va vada vado valido vede "
        "vedere vediamo vedo veloce veramente verificare vero verso vi via viene voglio voi volentieri volevo "
        "vorrei vostra vostro attaccato staccato scritto schermo nero spento consegna consegne pacchi "
        "benissimo possibilmente certamente gentile gentilmente cognome indicarmi comunicarmi fornirmi"
    ),
)
