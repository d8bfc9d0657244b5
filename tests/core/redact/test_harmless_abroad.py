"""What captions must keep, in Spanish, French and German: scores, lists, standards, codes, ages, dates, prices, ranges.

Each sentence is an utterance of its own that nothing follows, so it ends as a final does after 3 s of silence.
"""

import pytest

from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]

SPANISH = """
el resultado fue 21 a 19 en el tercer set
ganaron 3 2 en la prórroga
ganamos tres a dos
tengo una lista con leche, dos huevos, cuatro manzanas y seis panes
estamos certificados en ISO 27001 e ISO 9001
estoy en la nacional 340 kilómetro 1234
el código de la reunión es 445566
el dos por uno en pizzas
en mil setecientos no había nada aquí
se construyó en mil setecientos setenta y seis
en los años veinte y treinta
hacía 38,5 grados y ahora 37,2
menos 40 grados
tengo 34 años y mi mujer 36, los niños 7, 9 y 11
ella tiene veintiséis años y él treinta y uno
un 45 por ciento, quizás un 50 por ciento
al 5,25% durante treinta años
un Boeing 737 y un Airbus A320
mi coche es un Seat 600 de 1968
tengo un iPhone 14 y un Galaxy S23
mi vuelo es el IB 2490 del martes
el tren AVE 3142 sale de la vía 14 a las 18:05
la habitación 1408 en el piso catorce
la puerta B 42 cierra a las 16:35
el asiento 24 A
el número de serie es cuatro cuatro cinco dos nueve uno siete
la factura de marzo es la 2024001187
la póliza es la 998877665
el siniestro 5566778899 sigue abierto
la referencia es 447 281
el error 404 y luego el error 503
esperé 45 minutos y luego otros 30 minutos
entre las 9 y las 5
de 2 a 4 o de 5 a 7
a las tres y cuarto o a las cuatro y media
a las ocho y media, nueve y cuarto o diez y veinte
el 24/12/2025 y el 24.12.2025
del 3 al 5 de mayo de 2026
el cuatro de julio de dos mil veintiséis
de 2019 a 2023 viví en Madrid
en el tercer trimestre de 2024 facturamos 12.500.000
cuesta 1.299 más 89 de envío
mil doscientos al mes de alquiler
unos 3.000 metros cuadrados
pesa 70 kilos y mide 1,82
vivo en la calle Mayor 221, tercero izquierda
el código postal es 28013
código postal dos ocho cero uno tres
pulse 1 para ventas, 2 para soporte
uno dos, uno dos, probando
tres, dos, uno, ya
diez, nueve, ocho, siete, seis, cinco
entre 1999, 2001, 2005 y 2010
capítulo 12 versículo 34
la página 1048
la versión 2.14.3
la población es de 8.336.817
vendimos cuatrocientas doce entradas
doscientas cincuenta mil personas
un millón y medio
de 6 a 8 semanas o de 10 a 12 semanas
uno de cada diez
el vuelo tarda 11 horas y 35 minutos
el préstamo es de 250000 al 6,5
pagué 49,99 y luego 39,99 y luego 29,99
uno más uno son dos, dos y dos son cuatro
había 10 20 quizás 30 personas
tarda 2 o 3 días
llame al 112 ahora
marque el 016
mesa para dos a las ocho
dos adultos y tres niños
la tensión es 120 80
500 miligramos cada 6 horas
el número 1, el número 2 y el número 3
un día, dos días, tres días
una vez al mes o dos veces al año
""".strip().splitlines()

FRENCH = """
le score est de 21 à 19 au troisième set
on a gagné 3 2 après prolongation
on a gagné trois à deux
il me faut du lait, deux oeufs, quatre pommes et six pains
nous sommes certifiés ISO 27001 et ISO 9001
je suis sur la nationale 7 au kilomètre 1234
le code de la réunion est 445566
deux pour un sur les pizzas
en dix-sept cent il n'y avait rien
construit en mille sept cent soixante-seize
dans les années vingt et trente
il faisait 38,5 degrés et maintenant 37,2
moins 40 degrés
j'ai 34 ans et ma femme 36, les enfants ont 7, 9 et 11 ans
elle a vingt-six ans et lui trente et un
45 pour cent, peut-être 50 pour cent
à 5,25% sur trente ans
un Boeing 737 et un Airbus A320
ma voiture est une Peugeot 308 de 2014
j'ai un iPhone 14 et un Galaxy S23
mon vol est le AF 2490 de mardi
le TGV 6142 part voie 14 à 18h05
la chambre 1408 au quatorzième étage
la porte B 42 ferme à 16h35
la place 24 A
le numéro de série est quatre quatre cinq deux neuf un sept
la facture de mars est la 2024001187
la police 998877665 est active
le sinistre 5566778899 est ouvert
la référence est 447 281
erreur 404 puis erreur 503
j'ai attendu 45 minutes puis encore 30 minutes
entre 9 heures et 17 heures
de 2 à 4 ou de 5 à 7
à trois heures et quart ou quatre heures et demie
à huit heures trente, neuf heures quinze ou dix heures vingt
le 24/12/2025 et le 24.12.2025
du 3 au 5 mai 2026
le quatre juillet deux mille vingt-six
de 2019 à 2023 j'habitais à Lyon
au troisième trimestre 2024 nous avons fait 12 500 000
ça coûte 1 299 plus 89 de port
mille deux cents par mois de loyer
environ 3 000 mètres carrés
il pèse 70 kilos et mesure 1,82
j'habite au 221 rue de la Paix
le code postal est 75008
code postal sept cinq zéro zéro huit
tapez 1 pour les ventes, 2 pour le support
un deux, un deux, test micro
trois, deux, un, partez
dix, neuf, huit, sept, six, cinq
entre 1999, 2001, 2005 et 2010
chapitre 12 verset 34
à la page 1048
la version 2.14.3
la population est de 8 336 817
on a vendu quatre cent douze billets
deux cent cinquante mille personnes
un million et demi
de 6 à 8 semaines ou de 10 à 12 semaines
un sur dix
le vol dure 11 heures et 35 minutes
le prêt est de 250000 à 6,5
j'ai payé 49,99 puis 39,99 puis 29,99
un et un font deux, deux et deux font quatre
il y avait 10 20 peut-être 30 personnes
il faut 2 3 jours
appelez le 112
appelez le 15 ou le 18
une table pour deux à huit heures
deux adultes et trois enfants
la tension est à 12 8
500 milligrammes toutes les 6 heures
le numéro 1, le numéro 2 et le numéro 3
un jour, deux jours, trois jours
une fois par mois ou deux fois par an
quatre-vingt-dix-sept euros et soixante et onze centimes
""".strip().splitlines()

GERMAN = """
es steht 21 zu 19 im dritten Satz
wir haben 3 zu 2 gewonnen
wir haben drei zwei gewonnen
ich brauche Milch, zwei Eier, vier Äpfel und sechs Brötchen
wir sind nach ISO 27001 und ISO 9001 zertifiziert
ich bin auf der A 7 bei Kilometer 1234
der Einwahlcode ist 445566
zwei zum Preis von einem
um siebzehnhundert war hier nichts
gebaut siebzehnhundertsechsundsiebzig
in den zwanziger und dreißiger Jahren
es waren 38,5 Grad und jetzt 37,2
minus 40 Grad
ich bin 34 und meine Frau 36, die Kinder sind 7, 9 und 11
sie ist sechsundzwanzig Jahre alt und er einunddreißig
45 Prozent, vielleicht 50 Prozent
zu 5,25% über dreißig Jahre
eine Boeing 737 und ein Airbus A320
mein Auto ist ein BMW 320 von 2014
ich habe ein iPhone 14 und ein Galaxy S23
mein Flug ist LH 2490 am Dienstag
der ICE 1206 fährt von Gleis 14 um 18:05
Zimmer 1408 im vierzehnten Stock
Gate B 42 schließt um 16:35
Platz 24 A
die Seriennummer ist vier vier fünf zwei neun eins sieben
die Rechnung vom März ist die 2024001187
die Police 998877665 läuft noch
der Schaden 5566778899 ist offen
die Referenz ist 447 281
Fehler 404 und dann Fehler 503
ich habe 45 Minuten gewartet und dann noch 30 Minuten
zwischen 9 und 17 Uhr
von 2 bis 4 oder von 5 bis 7
um viertel nach drei oder halb fünf
um acht Uhr dreißig, neun Uhr fünfzehn oder zehn Uhr zwanzig
am 24.12.2025 und am 31.12.2025
vom 3. bis 5. Mai 2026
am vierten Juli zweitausendsechsundzwanzig
von 2019 bis 2023 habe ich in Köln gewohnt
im dritten Quartal 2024 waren es 12.500.000
es kostet 1.299 plus 89 Versand
zwölfhundert im Monat Miete
etwa 3.000 Quadratmeter
er wiegt 70 Kilo und ist 1,82 groß
ich wohne in der Hauptstraße 221
die Postleitzahl ist 80331
Postleitzahl acht null drei drei eins
drücken Sie 1 für Verkauf, 2 für Support
eins zwei, eins zwei, Mikrofontest
drei, zwei, eins, los
zehn, neun, acht, sieben, sechs, fünf
zwischen 1999, 2001, 2005 und 2010
Kapitel 12 Vers 34
auf Seite 1048
die Version 2.14.3
die Bevölkerung ist 8.336.817
wir haben vierhundertzwölf Karten verkauft
zweihundertfünfzigtausend Menschen
anderthalb Millionen
6 bis 8 Wochen oder 10 bis 12 Wochen
einer von zehn
der Flug dauert 11 Stunden und 35 Minuten
der Kredit ist 250000 zu 6,5
ich habe 49,99 und dann 39,99 und dann 29,99 bezahlt
eins und eins ist zwei, zwei und zwei ist vier
da waren 10 20 vielleicht 30 Leute
es dauert 2 3 Tage
rufen Sie die 112
wählen Sie die 110
ein Tisch für zwei um acht
zwei Erwachsene und drei Kinder
der Blutdruck ist 120 zu 80
500 Milligramm alle 6 Stunden
Nummer 1, Nummer 2 und Nummer 3
ein Tag, zwei Tage, drei Tage
einmal im Monat oder zweimal im Jahr
""".strip().splitlines()

SAID = [
    *(("es", said) for said in SPANISH),
    *(("fr", said) for said in FRENCH),
    *(("de", said) for said in GERMAN),
]


@pytest.mark.parametrize(("language", "said"), SAID)
def test_it_is_shown(language: str, said: str) -> None:
    assert closed(said, language=language) == said
