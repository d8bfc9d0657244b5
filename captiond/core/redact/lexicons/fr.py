"""French. Data only; what each field means stands in `core.redact.lexicon`."""

from itertools import product
from typing import Final

from captiond.core.redact.table import Table

_UNITS: Final = [
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
]
_TEENS: Final = [*_UNITS[10:], "dix-sept", "dix-huit", "dix-neuf"]
_TENS: Final = {
    "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
    "octante": 80, "quatre-vingt": 80, "nonante": 90,
}  # fmt: skip


def _hyphenated() -> dict[str, str]:
    """ "quarante-deux", "soixante-et-onze", "quatre-vingt-dix-huit": all that is written with hyphens below 100."""
    words = {"dix-sept": "17", "dix-huit": "18", "dix-neuf": "19", "quatre-vingts": "80"}
    for (tens, value), (unit, word) in product(_TENS.items(), enumerate(_UNITS[:10])):
        if unit:
            words[f"{tens}-{word}"] = words[f"{tens}-et-{word}"] = str(value + unit)
    for tens, value in (("soixante", 60), ("quatre-vingt", 80)):
        for teen, word in enumerate(_TEENS, 10):
            words[f"{tens}-{word}"] = words[f"{tens}-et-{word}"] = str(value + teen)
    return {word.replace("é", accent): digits for word, digits in words.items() for accent in "ée"}


FRENCH = Table(
    digits="zéro:0 zero:0 deux:2 trois:3 quatre:4 cinq:5 six:6 sept:7 huit:8 neuf:9",
    teens="dix:10 onze:11 douze:12 treize:13 quatorze:14 quinze:15 seize:16",
    tens=(
        "vingt:20 vingts:20 trente:30 quarante:40 cinquante:50 soixante:60 septante:70 huitante:80 octante:80 "
        "quatre-vingt:80 nonante:90"
    ),
    fused="vingt trente quarante cinquante soixante septante huitante octante quatre-vingt nonante",
    compounds=_hyphenated(),
    scales="cent:2 cents:2 mille:3 million:6 millions:6 milliard:9 milliards:9",
    multiples="double:2 triple:3",
    articles="un:1 une:1",
    copulas="est c'est le serait voilà voici numéro",
    misheard="deu:2 troi:3 catre:4 kat:4 sink:5 sein:5 saint:5 sis:6 cis:6 set:7 cette:7 cet:7 uit:8 nef:9 neufs:9",
    fillers="euh heu hum hm mmh ben bah alors donc et puis hein bon virgule",
    interjections=(
        "voyons;voyons voir;attendez;un instant;une seconde;un moment;une minute;pardon;excusez-moi;je crois;"
        "je regarde;je cherche;je vérifie;je reprends;bien sûr;très bien;c'est ça;oui;merci;d'accord;s'il vous plaît;"
        "c'est;ensuite;laissez-moi voir;après;hop;enfin;voilà;désolé;désolée;je répète;je disais;si je lis bien;"
        "je continue"
    ),
    waits=(
        "voyons;voyons voir;attendez;un instant;une seconde;un moment;une minute;pardon;excusez-moi;je regarde;"
        "je cherche;je vérifie;je reprends;laissez-moi voir;s'il vous plaît"
    ),
    acknowledgements=(
        "oui ouais si bien sûr d'accord merci parfait très un une instant moment seconde attendez voyons voir "
        "bonjour euh ok okay s'il vous plaît non je cherche regarde volontiers"
    ),
    at="arobase arrobase arobas arobaz arobaze @ at",
    dot="point dot",
    joins="tiret sous-tiret tiret-bas trait souligné underscore moins",
    introduces="est c'est",
    particles="de la le les du des d' l' van von ben el al",
    asides=(
        "tout attaché collé minuscule minuscules majuscule majuscules seul mot sans accent accents espace espaces "
        "lettres en un avec"
    ),
    spellers="comme",
    silent="tiret point virgule espace barre slash moins bas",
    plus="plus",
    cues={
        "CC": (
            "carte;cartes;carte bancaire;carte bleue;carte de crédit;numéro de carte;numéro de votre carte;visa;"
            "mastercard;amex;american express;cb"
        ),
        "CVV": (
            "cvv;cvc;cryptogramme;cryptogramme visuel;code de sécurité;code de vérification;trois chiffres;"
            "trois derniers chiffres;dos de la carte;au dos"
        ),
        "SSN": "ssn;social security",
        "PHONE": (
            "téléphone;telephone;portable;mobile;fixe;numéro de téléphone;pour vous joindre;joindre au;"
            "vous joindre au;appelez-moi au;appeler au;rappelez-moi au;rappeler au;mon numéro;mon numéro est;"
            "votre numéro;me joindre au;whatsapp"
        ),
        "IBAN": "iban;rib;code banque;code guichet;clé rib",
        "PIN": (
            "pin;code pin;code secret;code confidentiel;code reçu;code sms;code par sms;code unique;"
            "code à usage unique;code d'accès;code de confirmation;code d'authentification;code d'activation"
        ),
        "EMAIL": (
            "mail;mails;email;e-mail;courriel;adresse mail;adresse email;adresse e-mail;mail est;adresse électronique"
        ),
        "ACCOUNT": "compte;numéro de compte",
        "DOB": "naissance;né;née;date de naissance;anniversaire",
        "NATIONAL_ID": "sécurité sociale;numéro de sécu;nir;passeport;carte d'identité;identité;numéro fiscal",
    },
    postcodes="code postal",
    keeps=(
        "commande;commandes;numéro de commande;référence;référence du dossier;dossier;numéro de dossier;ticket;"
        "incident;réservation;numéro de réservation;vol;chambre;version;modèle;numéro de série;colis;"
        "suivi;numéro de suivi;facture;numéro de facture;page;chapitre;route;autoroute;sortie;rue;étage;bâtiment;"
        "appartement;sinistre;devis;article;train;quai;place;test;essai;extension;porte la référence;contrat;"
        "code de la réunion;code de réunion;police;numéro de client;port;iso;latitude;longitude;kilomètre;nationale;"
        "numéro de contrat;numéro de police;"
        "loi;décret;psaume;loto;boîte postale;erreur;l'erreur;code d'erreur"
    ),
    endings=("quatre derniers;4 derniers;derniers chiffres;finit par;finissant par;termine par;terminant par"),
    months=(
        "janvier février fevrier mars avril mai juin juillet août aout septembre octobre novembre décembre decembre "
        "janv févr juil oct nov déc"
    ),
    clock_words="h heure heures midi minuit",
    units=(
        "euro euros centime centimes dollar dollars livre livres franc francs pour-cent pourcent point points unité "
        "unités pièce pièces article articles personne personnes fois minute minutes seconde secondes heure heures "
        "jour jours semaine semaines mois an ans année années kilomètre kilomètres mètre mètres kilo kilos grammes "
        "degré degrés million millions mille milliard eur usd "
        "adultes enfants élèves employés calories pas volts ampères watts centimètres millimètres milligrammes gramme "
        "litre litres comprimés pages chapitres buts matchs étages octets billets chiffres"
    ),
    ordinals="premier première deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième",
    of="de",
    before_years="en depuis des dès avant après année an jusqu'en",
    before_times="après",
    before_amounts="environ presque quelque",
    at_times="à",
    no_domains="le la les un une mon ma votre",
    between="entre",
    remainders=(
        "reste dernier derniers dernière dernières suivant suivants suite après ensuite puis fin finit numéro numéros "
        "chiffre chiffres partie moitié continue termine"
    ),
    linkers="et",
    ranges="à sur contre",
    streets_behind="rue avenue boulevard chemin allée quai impasse place cours route",
    times="fois",
    determiners="le la l' ce cet cette aucun aucune chaque autre quelque",
    common=(
        "à a accord adresse ai aide aider ainsi aller alors appel appeler après arriver attendre au aucun "
        "aujourd'hui auprès aussi autre autres aux avait avant avec avez avoir avons beaucoup besoin bien bon "
        "bonjour bonne bonsoir c'est ça car ce ceci cela celle celui ces cette chaque cher chez chose ci client "
        "combien comme comment commander compris contre d'accord d'un d'une dans date de demain demande depuis "
        "dernier derrière des dès dessous dessus deux devant devait devez dire dis dit dites doit donc donner du "
        "elle elles en encore ensuite entre envoie envoyer envoyez envoyez-le est et étaient était étant été être eu "
        "eux faire fait faites fallait faut femme fille fois font gens grand hier homme ici il ils j'ai j'envoie "
        "j'étais je jour journée jusque l'adresse la là le les lettre leur leurs lui m'appelle ma madame "
        "mademoiselle maintenant mais mal me même mes met mettre mieux moi moins mon monsieur n'ai n'est ne ni nom "
        "nommé non nos note notez notre nous nouveau ok on ont ou où ouvert par parce parfait parler part pas "
        "pendant petit peu peut peux plaît plus plusieurs plutôt pour pourquoi pourrait pouvez pouvez-vous prendre "
        "prénom pris problème puis puisque qu'est-ce qu'il qu'on quand que quel quelle quelles quels qui quoi "
        "rappeler recevoir refaire répète rien s'il sa sais sans savoir se sera ses seul si soir sois soit sommes "
        "son sont sous souvent suis sur ta tant te tel tes tiens toi ton toujours tous tout toute toutes très trop "
        "trouve tu un une va vais vas venir vers veut veux viens voici voilà voir vois vont vos votre voudrais vous "
        "vrai vraiment y majuscule minuscule accent épelle épeler attaché lettres total"
    ),
)
