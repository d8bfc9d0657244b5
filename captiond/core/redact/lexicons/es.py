"""Spanish. Data only; what each field means stands in `core.redact.lexicon`."""

from captiond.core.redact.table import Table

SPANISH = Table(
    digits="cero:0 uno:1 dos:2 tres:3 cuatro:4 cinco:5 seis:6 siete:7 ocho:8 nueve:9",
    teens=(
        "diez:10 once:11 doce:12 trece:13 catorce:14 quince:15 dieciséis:16 dieciseis:16 diecisiete:17 dieciocho:18 "
        "diecinueve:19 veintiuno:21 veintiún:21 veintiun:21 veintiuna:21 veintidós:22 veintidos:22 veintitrés:23 "
        "veintitres:23 veinticuatro:24 veinticinco:25 veintiséis:26 veintiseis:26 veintisiete:27 veintiocho:28 "
        "veintinueve:29 cien:100 ciento:100 doscientos:200 doscientas:200 trescientos:300 trescientas:300 "
        "cuatrocientos:400 cuatrocientas:400 quinientos:500 quinientas:500 seiscientos:600 seiscientas:600 "
        "setecientos:700 setecientas:700 ochocientos:800 ochocientas:800 novecientos:900 novecientas:900"
    ),
    tens="veinte:20 treinta:30 cuarenta:40 cincuenta:50 sesenta:60 setenta:70 ochenta:80 noventa:90",
    scales="mil:3 millón:6 millones:6",
    multiples="doble:2 triple:3",
    articles="un:1 una:1",
    copulas="es son sería el va número",
    misheard="sero:0 tras:3 trés:3 cuatros:4 sinco:5 cincos:5 sais:6 seys:6 siéte:7 oche:8 ocha:8 nuebe:9 dose:12",
    fillers="eh em este pues bueno entonces y luego ajá mmm coma",
    interjections=(
        "de acuerdo;por supuesto;desde luego;a ver;espere;espera;un momento;un segundo;perdón;perdone;déjeme ver;"
        "un momentito;o sea;vale;sí;gracias;por favor;así es;es decir;ya"
    ),
    waits="a ver;espere;espera;un momento;un segundo;perdón;perdone;déjeme ver;un momentito;por favor",
    acknowledgements=(
        "sí si claro vale bien gracias por favor perfecto un una momento momentito segundo espere espera a ver eh "
        "hola buenos días desde luego supuesto de acuerdo ok okay muchas no ya"
    ),
    at="arroba @ at",
    dot="punto dot",
    joins="guión guion barra subrayado underscore raya menos",
    introduces="es sería",
    particles="de la del los las van von",
    asides="todo junto minúscula minúsculas mayúscula mayúsculas sin espacio espacios letra acento acentos",
    spellers="como de con",
    silent="guión guion raya barra punto coma espacio menos bajo baja",
    plus="más mas",
    cues={
        "CC": (
            "tarjeta;tarjetas;número de tarjeta;tarjeta de crédito;tarjeta de débito;número de su tarjeta;visa;"
            "mastercard;amex;american express"
        ),
        "CVV": (
            "cvv;cvc;código de seguridad;código de verificación;código de la tarjeta;tres dígitos;tres cifras;"
            "número de atrás;parte de atrás;dorso;código de atrás;código de detrás;números de atrás;números de detrás;"
            "dígitos de atrás;reverso;parte trasera;c v v;c v c;ce uve uve;cuatro dígitos;y el código"
        ),
        "SSN": "seguro social;mi social;su social;ssn;número de seguro social",
        "PHONE": (
            "teléfono;telefono;teléfonos;móvil;movil;celular;fijo;número de contacto;teléfono de contacto;llámeme al;"
            "llámame al;llamarme al;llamar al;mi número es;su número es;whatsapp"
        ),
        "IBAN": "iban",
        "PIN": "pin;clave;clave secreta;número secreto",
        "EMAIL": (
            "correo;correos;correo es;correo electrónico;dirección de correo;email;e-mail;mail;qué correo;a qué correo"
        ),
        "ACCOUNT": "cuenta;número de cuenta",
        "DOB": "nacimiento;nací;nacido;nacida;cumpleaños",
        "NATIONAL_ID": "dni;nie;nif;documento;pasaporte;identidad;cédula;curp;seguridad social",
    },
    postcodes="código postal;cp",
    keeps=(
        "pedido;pedidos;número de pedido;referencia;número de referencia;ticket;caso;número de caso;incidencia;"
        "expediente;reserva;número de reserva;localizador;vuelo;habitación;versión;modelo;"
        "número de serie;envío;seguimiento;número de seguimiento;factura;número de factura;página;capítulo;carretera;"
        "autopista;salida;calle;piso;puerta;portal;siniestro;presupuesto;albarán;puntos;prueba;probando;extensión;"
        "código de la reunión;código de reunión;póliza;número de cliente;puerto;iso;latitud;longitud;kilómetro;"
        "nacional;contrato;número de contrato;número de póliza;"
        "ley;decreto;salmo;lotería;apartado de correos;artículo;error;código de error"
    ),
    endings=(
        "últimos cuatro;últimas cuatro;últimos 4;últimos dígitos;últimas cifras;cuatro últimos;termina en;terminada en;"
        "acaba en;acabada en;terminación"
    ),
    months=(
        "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre ene feb "
        "abr jun jul ago sep oct nov dic"
    ),
    clock_words="h hora horas am pm a.m p.m mañana tarde noche mediodía",
    units=(
        "euro euros céntimo céntimos centavos dólar dólares peso pesos libra libras punto puntos unidad unidades "
        "pieza piezas persona personas vez veces minuto minutos segundo segundos hora horas día días semana semanas "
        "mes meses año años kilómetro kilómetros metro metros kilo kilos gramos grado grados millón millones mil "
        "por-ciento eur usd "
        "adultos niños alumnos empleados calorías pasos voltios amperios vatios centímetros milímetros miligramos "
        "gramo litro litros pastillas comprimidos páginas capítulos dígitos cifras goles partidos plantas bytes"
    ),
    ordinals="primero primer segundo tercero cuarto quinto sexto séptimo octavo noveno décimo",
    of="de del año",
    before_years="en desde de del hasta año antes",
    before_amounts="unos unas aproximadamente casi",
    at_times="a las",
    no_domains="el la los las un una mi su",
    between="entre",
    remainders=(
        "resto último última últimos últimas siguiente siguientes después luego final número números dígitos cifras "
        "parte mitad demás sigue termina acaba"
    ),
    times="veces",
    linkers="y",
    ranges="a sobre por contra de",
    streets="calle avenida plaza paseo carrera camino ronda glorieta",
    determiners="el la este esta ese esa otro otra cada ningún ninguna algún alguna",
    common=(
        "a acuerdo ahora ahí al algo alguien alguno algún antes aquí así atención aun aunque ayer ayuda ayudarle "
        "bajo bastante bien buen buena buenas bueno buenos cada casa casi cliente como cómo comprar con confirma "
        "confirmar contra cosa creo cual cuál cualquier cuando cuándo cuánto da dar de debe decir deja del den "
        "dentro desde después dice dicho diga dígame digo dirección dirá doctor donde dónde dos e el él ella ellas "
        "ello ellos en encontrar enseguida entender entiendo entre enviar envía envíe envíelo envío era eran eres es "
        "esa esas ese eso esos espera espero está están estaba estar este estoy esto estos fue fueron gente gracias "
        "gran grande gusta ha había hablar hace hacer haga hago han hasta hay haya he hola hoy hubo igual incluidos "
        "impuestos ir la las le les letra lo los luego lugar llame llamar llamo llegar mal mandar manda mande mañana "
        "más me mejor menos mi mientras mío mira miro mis mismo mucha muchas mucho muchos muy nada nadie necesito ni "
        "no nombre nos nosotros nota nuestra nuestro número nunca o otra otro otros para parece parte pasa pasado "
        "pedir perfecto pero poco poder podría ponga por porque preguntar problema puede pueden puedo pues que qué "
        "quién quien quiere quiero razón recibir repito sabe sabes se sea según seguro señor señora ser será si sí "
        "siempre sin sino sobre sois sola solo sólo son soy su sus suya suyo tal también tan tanto te tenga tengo "
        "tenía tener ti tiempo tiene tienen toda todas todo todos trabajo tu tú última último un una unas uno unos "
        "usar usted ustedes va vale vamos van ver verdad vez viene vino voy y ya yo apunte apuntar mayúscula "
        "mándalo mándelo mándamelo mándemelo mándame mándeme escríbame escríbeme envíalo envíamelo envíemelo envíame "
        "envíeme apúntalo apúntelo minúscula separado junto deletreo deletrear arriba abajo"
    ),
)
