"""English. Data only; what each field means stands in `core.redact.lexicon`."""

from captiond.core.redact.table import Table

ENGLISH = Table(
    digits="zero:0 nought:0 naught:0 one:1 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 niner:9",
    teens=(
        "ten:10 eleven:11 twelve:12 thirteen:13 fourteen:14 fifteen:15 sixteen:16 seventeen:17 eighteen:18 nineteen:19"
    ),
    tens="twenty:20 thirty:30 forty:40 fourty:40 fifty:50 sixty:60 seventy:70 eighty:80 ninety:90",
    fused="twenty thirty forty fourty fifty sixty seventy eighty ninety",
    scales="hundred:2 thousand:3 million:6 billion:9",
    multiples="double:2 dub:2 doubles:2 triple:3 treble:3 quadruple:4",
    misheard=(
        "oh:0 o:0 owe:0 won:1 wan:1 to:2 too:2 tu:2 thio:2 toe:2 tree:3 free:3 for:4 fore:4 hive:5 fife:5 sex:6 "
        "sicks:6 heaven:7 ate:8 nein:9"
    ),
    fillers="uh um er erm eh ah hmm mm mhm uhm and then so like okay ok well yeah comma pause",
    interjections=(
        "i see;of course;hold on;hang on;let me see;let me check;let me look;let us see;one moment;one second;"
        "one sec;just a moment;just a second;just a sec;just a minute;wait;wait a second;wait a minute;sorry;"
        "excuse me;bear with me;give me a second;give me a moment;you know;i think;i mean;where is it;here we go;"
        "go ahead;thank you;thanks;next;got it;right;is it;yes;no;please;again;actually;and it is;it is;it's"
    ),
    waits=(
        "hold on;hang on;let me see;let me check;let me look;let us see;one moment;one second;one sec;"
        "just a moment;just a second;just a sec;just a minute;wait;wait a second;wait a minute;sorry;bear with me;"
        "give me a second;give me a moment;where is it"
    ),
    acknowledgements=(
        "yes yeah yep yup sure okay ok alright right certainly absolutely thanks thank you please of course hi hello "
        "great perfect fine no problem moment one second sec just a minute hold on let me see check look get find it "
        "uh um er hmm mm mhm ah oh well so go ahead good got i understood wait"
    ),
    at="at @",
    dot="dot period",
    joins="dash hyphen underscore minus",
    introduces="is it's its",
    particles="van von der de la del",
    asides="all lowercase uppercase lower upper case small capital letter letters one word no space spaces together",
    spellers="as in like for",
    silent="dash hyphen minus dot point period slash stroke space comma underscore plus",
    plus="plus",
    cues={
        "CC": (
            "card;cards;card number;credit card;debit card;visa;mastercard;master card;amex;american express;"
            "discover card;diners club;pan;long number"
        ),
        "CVV": (
            "cvv;cvc;cvv2;cid;security code;security number;verification code;verification value;digit code;"
            "digit number on the back;number on the back;code on the back;back of the card;three digits;csc;"
            "card code;code on the card;code on the front;numbers on the back;numbers on the front;digits on the back;"
            "digits on the front;digit number on the front;three numbers;and the code;c v v;c v c;verification number"
        ),
        "SSN": "social;ssn;social security;social security number;socials;tax id;taxpayer id;itin",
        "PHONE": (
            "phone;phones;telephone;mobile;cell;cellphone;phone number;number to reach;reach me at;reach me on;"
            "reach you at;reach you on;reach him at;reach her at;reach us at;call me at;call me on;call me back at;"
            "call me back on;call back on;call back at;call you at;call you on;call us at;call us on;"
            "call you back at;call you back on;callback number;contact number;text me at;text you at;code to;text to;"
            "ring me at;ring me on;number are you calling from;fax;landline;whatsapp;best number;my number is;"
            "my number's;your number is;dial"
        ),
        "IBAN": "iban;ibans;international bank account;bank account should;i ban;eye ban",
        "PIN": "pin;pins;pincode;pin code;pin number;passcode",
        "EMAIL": ("email;emails;e-mail;e-mails;mail address;email address;email is;e mail;e-mail address"),
        "ACCOUNT": "account;account number;routing number;sort code;acct",
        "DOB": "born;birth;birthday;birthdate;dob",
        "NATIONAL_ID": "passport;passport number;driver's license;drivers license;national insurance;national id",
    },
    postcodes="zip;zip code;zipcode;postcode;postal code",
    keeps=(
        "order;orders;order number;ticket;ticket number;case;case number;reference;reference number;ref;invoice;"
        "invoice number;tracking;tracking number;confirmation;confirmation number;confirmation code;booking;"
        "booking number;flight;room;suite;gate;version;model;serial;serial number;part number;lot;isbn;chapter;page;"
        "policy number;claim number;quote number;product number;"
        "item number;sku;firmware;route;highway;interstate;exit;building;apartment;unit number;incident;"
        "request number;purchase order;work order;shipment;parcel;package number;reservation;reservation number;"
        "transaction id;extension;queue number;article;section;paragraph;line number;appointment number;docket;bus;"
        "train;platform;seat;row;locker;channel;testing;test;counting;count to;frequency;error code;error;"
        "meeting id;conference id;conference code;dial-in code;dial in code;participant code;event code;policy;claim;"
        "student number;customer number;employee number;badge number;member number;membership number;port;form;"
        "iso;rfc;latitude;longitude;mile;mile marker;kilometer;"
        "status code;promo code;coupon;coupon code;voucher;meter reading;"
        "build;build number;psalm;winning numbers;powerball;lottery numbers;po box;act of;usc"
    ),
    endings="last four;last 4;last digits;last three;final four;ending in;ending with;ends in;ends with",
    months=(
        "january february march april may june july august september october november december jan feb mar apr jun "
        "jul aug sep sept oct nov dec"
    ),
    clock_words="am pm a.m p.m a.m. p.m. o'clock oclock noon midnight hours",
    units=(
        "dollar dollars cent cents buck bucks pound pounds euro euros pence penny quid percent per-cent % yen grand "
        "usd eur gbp unit units point points item items piece pieces copies people persons guests tickets times "
        "minute minutes second seconds hour hours day days week weeks month months year years mile miles km "
        "kilometers meters metres feet foot inch inches kilo kilos kg grams ounces lbs degrees megabytes gigabytes "
        "business working gigs gb mb million billion thousand trillion stars rooms nights night bags boxes orders "
        "calls adults children kids students employees calories steps volts amps watts kilowatts celsius fahrenheit "
        "centimeters centimetres cm mm millimeters milligrams milligram mg gram liters litres gallons tablets pills "
        "square acres tons pixels lines pages chapters episodes seasons games goals laps floors stories bytes digit "
        "digits"
    ),
    ordinals=(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth hundredth"
    ),
    of="of",
    before_years="in since next of from until till year by last before after around",
    before_times="after before until till by around from between or to and",
    before_amounts="about approximately roughly nearly almost around than",
    at_times="at on",
    no_domains=(
        "the a an my your his her our their this that these those all least once noon night home work any which what"
    ),
    between="between",
    remainders=(
        "rest last next then after afterwards before followed following finally final ending end number numbers digit "
        "digits part half remaining second other goes continues"
    ),
    times="times",
    linkers="and",
    ranges="to for too over by against of",
    streets_behind=(
        "street st avenue ave road rd drive dr boulevard blvd lane ln court terrace parkway highway circle crescent"
    ),
    pronouns="one",
    determiners=(
        "new this that which the another other each every no any some right wrong last first next same only good big "
        "a an different old current correct single nice my your his her our their better best bad little small great "
        "real these those what whichever such"
    ),
    common=(
        "a about above across after again ago ahead all almost along already also although always am among an and "
        "another any anybody anymore anyone anything anyway anywhere are around arrive arrived arrives as ask asked "
        "asking away back bad be because become been before behind being believe below beside best better between "
        "big book booked booking both bring bus but buy by call called calling calls came can can't cannot car care "
        "change charge charged check checked city clinic close come comes coming contact cost could couldn't "
        "customer day days delivered delivery department did didn't different dinner do doctor does doesn't doing "
        "don't done down dr drive driver during each early either else end enough even evening event ever every "
        "everyone everything exactly except family far feel few file find fine first flight food for forward found "
        "friend friends from front full gave get gets getting give given go goes going gone good got great guest "
        "guests had half happen happened happy hard has have haven't having he hear heard help her here hey hi high "
        "him his home hope hotel hour hours house how however hundred i i'd i'll i'm i've if important in inside "
        "instead into is isn't issue it it's its job just keep kind know known last late later least leave leaving "
        "left less let let's like line little live located location long look looked looking lot love lunch mad made "
        "main make makes man many may maybe me mean meet meeting message might mine minute miss mom money month more "
        "morning most move moved much must my myself name named names near need needed needs never new next nice "
        "night no noon nor not nothing now number of off offer office often oh old on once one ones only onto open "
        "opening or order other our out outside over own paid parking part party past pay people person pick picked "
        "place plan please point possible present probably problem put question questions quite rather reach ready "
        "real really reason receipt record remember rest restaurant ride right room run said same saturday saw say "
        "saying says school see seen sell send sent service set several she ship shop should show side since sir sit "
        "small so some somebody someone something somewhere soon sorry spell spelled spelling start started station "
        "stay staying still stop store street such sunday sure table take taken takes talk talking taxi tell than "
        "thank thanks that that's the their them then there there's these they they're thing things think this those "
        "thought through thursday till time to today together told tomorrow tonight too took town track travel tried "
        "trip true try trying tuesday turn under until up upon us use used using usually very visit wait want wanted "
        "wants was wasn't watch way we we'd we'll we're we've wednesday week weekend weeks well went were what "
        "what's when where where's which while who whole whose why wife will wish with within without won't work "
        "worked working works world would wouldn't write wrong year years yes yesterday yet you you'd you'll you're "
        "you've young your yours yourself friday monday afternoon airport apartment available bank bedroom breakfast "
        "building company current dates double free hall interested kids local mall minimum maximum museum "
        "nobody okay online pass per pm premium price rate rating single south north east west "
        "stock swimming theater theatre times university venue website website's whatever wherever correct "
        "confirm following listed registered mail letter letters capital lower case upper "
        "lowercase uppercase reads address addresses account information details update on-file username "
        "user login"
    ),
)
